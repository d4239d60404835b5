import json

from orders.shopify.simulator import ShopProcess, keeping
from orders.shopify.simulator.acts import buying, parcels
from orders.shopify.simulator.planting import plant
from orders.shopify.simulator.shop import Shop, State


def shop_with_an_order() -> Shop:
    shop = Shop(seed=1)
    plant(shop)
    customer = next(iter(shop.state.customers.values()))
    order = buying.place(
        shop, buying.Purchase((buying.Wish(next(iter(shop.state.products))),), customer)
    )
    parcels.ship(shop, order)
    parcels.refuse(shop, order, how="restock")
    return shop


def test_a_shop_in_a_folder_is_the_same_after_a_restart(tmp_path):
    shop = shop_with_an_order()
    keeping.write(shop, tmp_path)

    again = Shop(seed=1, state=keeping.read(tmp_path))

    assert again.state == shop.state
    assert again.ids.new("Order") > shop.ids.last["Order"]


def test_a_folder_that_cannot_be_read_is_a_new_shop(tmp_path):
    (tmp_path / "shop.json").write_text('{"orders": {"1": {"id": ')

    assert keeping.read(tmp_path) is None
    assert keeping.read(tmp_path / "nowhere") is None


def test_one_seed_makes_one_story():
    def story() -> str:
        shop = shop_with_an_order()
        return json.dumps([*shop.state.orders], default=str) + shop.ids.token()

    assert story() == story()


def test_the_process_keeps_its_shop_when_it_ends(tmp_path):
    with ShopProcess(folder=tmp_path) as first:
        placed = first.control.place()
    with ShopProcess(folder=tmp_path, seed=2) as second:
        kept = second.control.order(placed["id"])

    assert kept == placed
    assert isinstance(keeping.read(tmp_path), State)
