"""Every address of the simulated API, with its endpoint class."""

from aiohttp import web

from spoki.simulator.endpoints import account, templates
from spoki.simulator.sending import send_message
from spoki.simulator.server import guarded
from spoki.simulator.wire import Endpoint

Row = tuple[str, str, Endpoint, str]

_API: tuple[Row, ...] = (
    ("POST", "messages/send/", send_message, "send"),
    ("GET", "accounts/", account.list_accounts, "accounts"),
    ("GET", r"accounts/phone/{phone}/", account.account_by_phone, "accounts"),
    ("GET", r"accounts/{id:\d+}/", account.get_account, "accounts"),
    ("GET", r"accounts/{id:\d+}/current_report/", account.current_report, "accounts"),
    ("GET", "agencies/", account.list_agencies, "accounts"),
    ("GET", "channel/", account.list_channels, "channels"),
    ("GET", r"channel/phone/{phone}/", account.channel_by_phone, "channels"),
    ("GET", r"channel/{id:\d+}/", account.get_channel, "channels"),
    ("PATCH", r"channel/{id:\d+}/", account.rename_channel, "channels"),
    ("POST", r"channel/{id:\d+}/refresh-wa-status/", account.refresh_channel, "channels"),
    ("POST", r"channel/{id:\d+}/set-primary/", account.set_primary, "channels"),
    ("GET", "templates/", templates.list_templates, "templates"),
    ("POST", "templates/", templates.create_template, "templates"),
    ("GET", r"templates/{id:\d+}/", templates.get_template, "templates"),
    ("PATCH", r"templates/{id:\d+}/", templates.update_template, "templates"),
    ("DELETE", r"templates/{id:\d+}/", templates.delete_template, "templates"),
    ("GET", r"templates/{id:\d+}/clone/", templates.clone_template, "templates"),
    ("POST", r"templates/{id:\d+}/submit/", templates.submit_template, "templates"),
    ("POST", r"templates/{id:\d+}/back_to_draft/", templates.back_to_draft, "templates"),
)


def api_routes() -> list[web.RouteDef]:
    return [
        web.route(method, f"/api/1/{path}", guarded(endpoint, lane=lane), allow_head=False)
        if method == "GET"
        else web.route(method, f"/api/1/{path}", guarded(endpoint, lane=lane))
        for method, path, endpoint, lane in _API
    ]
