"""The page of deliveries."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from orders import tasks
from orders.models import ShopifyDelivery
from tests.factories.orders import make_order
from tests.orders.receiving.hooks import after, order_body, post, receive, store

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/shopifydelivery/"
AGAIN = f"{LIST}again/"


def log_in(client, *codenames):
    user = User.objects.create_user("sara", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="orders", codename__in=codenames)
    )
    client.force_login(user)
    return client


@pytest.fixture
def reader(client):
    return log_in(client, "view_shopifydelivery", "view_order")


@pytest.fixture
def processor(client):
    return log_in(client, "view_shopifydelivery", "process_shopifydelivery")


@pytest.fixture
def woken(monkeypatch):
    calls: list[None] = []
    monkeypatch.setattr(tasks, "wake_for_deliveries", lambda: calls.append(None))
    return calls


def page(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_list_says_what_to_do(reader):
    assert "SHOPIFY_WEBHOOK_SECRETS" in page(reader, LIST)


def test_the_list_counts_what_waits_and_what_failed(reader, handle):
    handle()
    receive()
    receive(b"<html>")
    receive(b"{")
    store()

    response = reader.get(LIST)

    counts = {tile["state"]: tile["count"] for tile in response.context["tiles"]}
    assert (counts["received"], counts["failed"]) == (1, 2)


def test_the_list_says_when_nobody_works(reader):
    store(now=after(days=-900))

    assert "SHOPIFY" not in page(reader, LIST)
    assert reader.get(LIST).context["figures"].waits_since == after(days=-900)


def test_a_failed_delivery_is_shown_with_its_error_and_its_body(reader):
    row = receive(b"<html>boh</html>")

    assert "the body is not JSON" in page(reader, LIST)
    assert "&lt;html&gt;boh&lt;/html&gt;" in page(reader, f"{LIST}{row.pk}/change/")


def test_a_delivery_leads_to_its_order(reader, handle):
    handle()
    order = make_order(shopify_id=5_678_901_234_567)
    row = receive()

    url = reverse("admin:orders_order_change", args=[order.pk])
    assert f'href="{url}"' in page(reader, f"{LIST}{row.pk}/change/")


def test_deliveries_are_found_by_the_order_they_are_about(reader, handle):
    handle()
    receive(order_body(id=11))
    other = receive(order_body(id=22))

    found = reader.get(LIST, {"q": "22"}).context["cl"].queryset

    assert list(found) == [other]


def test_deliveries_are_never_edited(admin_client, handle):
    handle()
    row = receive()

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/change/", {"state": "failed"}).status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {}).status_code == 403
    assert ShopifyDelivery.objects.get().state == "done"


def test_a_delivery_is_processed_again_by_a_person_who_was_asked(processor, woken):
    row = receive(b"<html>")
    ask = f"{AGAIN}?ids={row.pk}"
    assert ask in page(processor, f"{LIST}{row.pk}/change/")
    page(processor, ask)
    row.refresh_from_db()
    assert (row.state, woken) == ("failed", [])

    response = processor.post(AGAIN, {"ids": str(row.pk)})

    row.refresh_from_db()
    assert response["Location"] == f"{LIST}{row.pk}/change/"
    assert (row.state, woken) == ("received", [None])


def test_many_are_processed_again_at_once(processor, woken):
    rows = [receive(b"<html>") for _ in range(3)]
    ids = [row.pk for row in rows]

    chosen = {"action": "process_selected", "_selected_action": ids}
    question = processor.post(LIST, chosen)
    assert ShopifyDelivery.objects.filter(state="failed").count() == 3
    processor.post(AGAIN, {"ids": question.context["ids"]})

    assert ShopifyDelivery.objects.filter(state="received").count() == 3
    assert woken == [None]


def test_a_second_click_changes_nothing(processor, woken):
    row = receive(b"<html>")

    for _ in range(2):
        processor.post(AGAIN, {"ids": str(row.pk)})

    assert woken == [None]


@pytest.mark.parametrize("ids", ["", "abc", "0,-1,²", "9" * 30])
def test_nonsense_is_processed_by_nobody(processor, woken, ids):
    assert processor.post(AGAIN, {"ids": ids}).status_code == 302
    assert woken == []


def test_a_delivery_is_not_processed_again_without_permission(reader, woken):
    row = receive(b"<html>")

    assert reader.get(f"{AGAIN}?ids={row.pk}").status_code == 403
    assert reader.post(AGAIN, {"ids": str(row.pk)}).status_code == 403
    reader.post(LIST, {"action": "process_selected", "_selected_action": [row.pk]})

    row.refresh_from_db()
    assert (row.state, woken) == ("failed", [])
    assert AGAIN not in page(reader, f"{LIST}{row.pk}/change/")


def test_what_came_for_another_shop_is_not_offered_to_be_processed(processor):
    post(Shop_Domain="other.myshopify.com")
    row = ShopifyDelivery.objects.get()

    assert AGAIN not in page(processor, f"{LIST}{row.pk}/change/")
    assert processor.get(LIST).context["figures"].strangers == 1


def test_the_list_needs_its_permission(client):
    log_in(client, "view_order")

    assert client.get(LIST).status_code == 403


def test_bodies_stay_out_of_the_lists_queries(reader, handle, django_assert_max_num_queries):
    handle()
    for _ in range(5):
        receive()

    with django_assert_max_num_queries(16) as queries:
        reader.get(LIST)

    assert not [query for query in queries if '"body"' in query["sql"]]
