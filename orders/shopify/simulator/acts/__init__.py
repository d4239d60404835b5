"""What buyers, staff and couriers do at the shop, and the webhooks that each of it sets off."""
