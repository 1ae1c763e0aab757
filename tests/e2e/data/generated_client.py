"""Uses the client that was generated from the description of the API, which is the package `client`.

Arguments: the URL of a host, a key of the API, an admin key. The host has a chain `main` from the list `in`.
"""

import sys

from client import AuthenticatedClient
from client.api.admin_configuration import get_chain_admin_v1_chains_name_get as get_chain
from client.api.admin_configuration import get_chains_admin_v1_chains_get as get_chains
from client.api.admin_configuration import put_chain_admin_v1_chains_name_put as put_chain
from client.api.admin_links import get_links_admin_v1_links_get as get_links
from client.api.admin_queues import get_lists_admin_v1_lists_get as get_lists
from client.api.admin_queues import get_where_admin_v1_where_uuid_get as get_where
from client.api.chain import get_vcon_count_vcon_count_get as get_count
from client.api.system import health_check_health_get as health_check
from client.api.vcon import get_vcon_vcon_vcon_uuid_get as get_vcon
from client.api.vcon import post_vcon_vcon_post as post_vcon
from client.models import (
    Chains,
    Health,
    HTTPValidationError,
    LinkList,
    Lists,
    Problem,
    PutChainAdminV1ChainsNamePutBody,
    Refusal,
    Vcon,
    Whereabouts,
)

ID = "11111111-2222-4333-8444-555555555555"
VCON = {
    "vcon": "0.4.0",
    "uuid": ID,
    "created_at": "2026-01-05T10:00:00+00:00",
    "subject": "a call",
    "parties": [{"tel": "+12025550123", "name": "Ann"}],
    "dialog": [{"type": "text", "start": "2026-01-05T10:00:00+00:00", "parties": [0], "body": "hello"}],
    "analysis": [],
    "attachments": [],
}


def check(response, status, kind):
    """Returns the parsed body of a response, after a check of its status and type."""
    assert response.status_code == status, f"{response.status_code} {response.content!r}"
    assert isinstance(response.parsed, kind), f"{type(response.parsed)} is not a {kind}: {response.content!r}"
    return response.parsed


def as_client(api):
    stored = check(post_vcon.sync_detailed(client=api, body=Vcon.from_dict(VCON), ingress_lists=["idle"]), 201, Vcon)
    assert str(stored.uuid) == ID
    read = check(get_vcon.sync_detailed(client=api, vcon_uuid=ID), 200, Vcon)
    assert read.parties[0].tel == "+12025550123"
    assert read.dialog[0]["body"] == "hello"
    assert check(get_count.sync_detailed(client=api, egress_list="idle"), 200, int) == 1
    bad = Vcon.from_dict(VCON)
    bad.parties[0].tel = "no number"
    refused = check(post_vcon.sync_detailed(client=api, body=bad), 422, HTTPValidationError)
    fault = refused.detail[0]
    assert (fault.loc, fault.input_) == (["body", "parties", 0, "tel"], "no number"), fault
    absent = check(get_vcon.sync_detailed(client=api, vcon_uuid=ID.replace("5", "6")), 404, Refusal)
    assert absent.detail == "vCon not found"
    assert check(health_check.sync_detailed(client=api), 200, Health).status == "healthy"


def as_operator(admin):
    chains = check(get_chains.sync_detailed(client=admin), 200, Chains)
    assert list(chains.chains.additional_properties) == ["main"]
    chain = {"links": ["tag"], "ingress_lists": ["other"]}
    body = PutChainAdminV1ChainsNamePutBody.from_dict(chain)
    changed = put_chain.sync_detailed("second", client=admin, body=body)
    assert changed.status_code == 200 and changed.parsed.confirmed, changed.content
    again = check(put_chain.sync_detailed("second", client=admin, body=body, if_none_match="*"), 412, Problem)
    assert again.type_ == "urn:vconduit:problem:changed"
    shown = get_chain.sync_detailed("second", client=admin)
    assert shown.parsed.to_dict() == chain, shown.content
    assert [link.name for link in check(get_links.sync_detailed(client=admin), 200, LinkList).links] == ["tag"]
    rows = check(get_lists.sync_detailed(client=admin), 200, Lists).lists
    assert "in" in [row.name for row in rows]
    found = check(get_where.sync_detailed(ID, client=admin), 200, Whereabouts)
    assert found.stored and found.vcon == ID


def main(url, key, admin_key):
    as_client(AuthenticatedClient(url, key, prefix="", auth_header_name="x-conserver-api-token"))
    as_operator(AuthenticatedClient(url, admin_key))


main(*sys.argv[1:])
