import pytest

DRAFT = {
    "name": "nuovo",
    "category": "UTILITY",
    "templatelocalization_set": [
        {
            "language": "it",
            "body_template_component": {"text": "Ciao %%FIRST_NAME%%, come va oggi a casa?"},
            "templatebuttoncomponent_set": [{"button_type": "quick_reply", "text": "Bene"}],
            "example_custom_fields": {"FIRST_NAME": "Ada"},
        }
    ],
}


def _draft(body):
    entry = {"language": "it", "body_template_component": {"text": body}}
    return {**DRAFT, "templatelocalization_set": [entry]}


def _status(api, id_):
    return api.get(f"templates/{id_}/").json()["templatelocalization_set"][0]["status"]


def test_every_status_and_every_shape_is_planted(api):
    rows = api.get("templates/", page_size=100).json()["results"]
    entries = [row["templatelocalization_set"][0] for row in rows]

    assert {str(entry["status"]) for entry in entries} == {
        "APPROVED", "approved", "Approved", "2", "4", "DRAFT", "PENDING", "REVIEW", "REJECTED",
        "PAUSED", "DISABLED", "IN_APPEAL",
    }  # fmt: skip
    assert any("body_template_component" in entry for entry in entries)
    assert any(isinstance(entry.get("body"), dict) for entry in entries)
    assert any(isinstance(entry.get("body"), str) for entry in entries)
    fields = [row["customfield_set"][0] for row in rows]
    assert {type(field) for field in fields} == {str, dict}


def test_pages_follow_absolute_links_and_lose_nothing(api):
    seen, url = [], f"{api.url}/api/1/templates/?page_size=7"
    while url:
        page = api.session.get(url, timeout=5).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]

    assert len(seen) == len(set(seen)) == page["count"] == 27
    assert page["previous"].startswith(api.url)


@pytest.mark.parametrize("query", [{"page": 99}, {"page": "x"}, {"page": 0}])
def test_a_page_that_is_not_there_is_not_found(api, query):
    assert api.get("templates/", **query).status_code == 404


def test_page_size_is_15_and_clamped(api):
    assert len(api.get("templates/").json()["results"]) == 15
    assert len(api.get("templates/", page_size=5000).json()["results"]) == 27


def test_search_finds_by_name_text_and_id(api):
    found = [api.get("templates/", search=word).json()["count"] for word in ("NATALE", "1007")]

    assert found == [1, 1]


def test_a_template_goes_from_draft_to_pending_to_approved(api, control):
    control.config(review_seconds=3600)
    created = api.post("templates/", DRAFT)
    id_ = created.json()["id"]
    submitted = api.post(f"templates/{id_}/submit/")
    pending = _status(api, id_)
    control.advance(3601)

    assert (created.status_code, submitted.status_code) == (201, 200)
    assert pending == "PENDING"
    assert _status(api, id_) == "APPROVED"


def test_meta_may_change_the_category(api, control):
    control.config(review_seconds=60)
    api.post("templates/1027/submit/")
    before = api.get("templates/1027/").json()["category"]
    control.advance(61)

    after = api.get("templates/1027/").json()
    assert (before, after["category"], after["is_approved"]) == ("UTILITY", "MARKETING", True)


def test_meta_may_refuse_and_says_why(api, control):
    control.config(review_seconds=60)
    starts_with_variable = api.post("templates/", _draft("%%FIRST_NAME%% ciao, tutto bene da te?"))
    ids = [1028, starts_with_variable.json()["id"]]
    for id_ in ids:
        api.post(f"templates/{id_}/submit/")
    control.advance(61)

    entries = [api.get(f"templates/{id_}/").json()["templatelocalization_set"][0] for id_ in ids]
    assert [entry["status"] for entry in entries] == ["REJECTED", "REJECTED"]
    assert [e["rejection_reason"] for e in entries] == ["ABUSIVE_CONTENT", "INVALID_FORMAT"]


def test_a_text_that_was_already_requested_is_refused(api):
    for _ in range(2):
        id_ = api.post("templates/", DRAFT).json()["id"]
        answer = api.post(f"templates/{id_}/submit/")

    assert answer.status_code == 400
    assert _status(api, id_) == "DRAFT"


def test_too_many_variables_are_refused_with_their_code(api):
    answer = api.post("templates/", _draft("Ciao %%A%% %%B%% %%C%% qui"))

    assert answer.status_code == 400
    assert answer.json()["code"] == "spoki::3014"


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"category": "X"}, {"templatelocalization_set": []}]
)
def test_a_draft_without_its_parts_is_refused(api, change):
    assert set(api.post("templates/", {**DRAFT, **change}).json()) == set(change)


def test_an_edit_needs_a_new_approval(api):
    entry = {"id": 10080, "body_template_component": {"text": "Ciao %%FIRST_NAME%%, ci vediamo?"}}
    answer = api.patch("templates/1008/", {"templatelocalization_set": [entry]})

    (changed,) = answer.json()["templatelocalization_set"]
    assert (changed["status"], changed["body_template_component"]["text"]) == (
        "DRAFT",
        "Ciao %%FIRST_NAME%%, ci vediamo?",
    )
    assert len(changed["templatebuttoncomponent_set"]) == 1


def test_clone_writes_although_it_is_a_get(api):
    clone = api.get("templates/1001/clone/").json()

    assert clone["name"] == "natale_umido_copia"
    assert clone["id"] != 1001
    assert _status(api, clone["id"]) == "DRAFT"


def test_back_to_draft_and_delete(api):
    api.post("templates/1021/back_to_draft/")

    assert _status(api, 1021) == "DRAFT"
    assert api.delete("templates/1021/").status_code == 204
    assert api.get("templates/1021/").status_code == 404


def test_a_test_changes_a_template_as_meta_would(api, control):
    control.post("template", id=1001, status="PAUSED", category="UTILITY")
    control.post("template", id=1002, gone=True)

    assert _status(api, 1001) == "PAUSED"
    assert api.get("templates/1002/").status_code == 404


def test_a_test_plants_its_own_template(api, control):
    planted = control.seed(templates=[{"id": 77, "name": "mio", "body": "Ciao %%X%%, prova."}])

    assert planted == {"templates": [77]}
    assert api.send(template=77, custom_fields={"X": "1"}).status_code == 200
