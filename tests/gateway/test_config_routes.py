"""[[route]]: what is accepted, what it comes to, and what is said of mistakes and of what is perhaps not meant."""

import re
from pathlib import Path

import pytest

from forwarder.filters import Prefix
from forwarder.routing import Match, Route
from gateway.config import ConfigError, parse_config
from gateway.config.routes_section import route_cautions

PAGE = Path(__file__).parents[2] / "docs" / "routing.md"
RADIO = '[radio]\nregion_plan = "EU868"\n'
SERVERS = "".join(
    f'[[server]]\nname = "{name}"\nhost = "{name}.example"\n' for name in ("city", "metropole", "backup", "archive")
)
POLICY = '[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["/etc/host.pem"]\nfile = "/etc/policy.toml"\n'


def route(text: str = "", name: str = "all", servers: str = '["city"]') -> str:
    return f'[[route]]\nname = "{name}"\nservers = {servers}\n{text}\n'


def routes(*tables: str, rest: str = RADIO + SERVERS + POLICY) -> tuple[Route, ...]:
    return parse_config((rest + "".join(tables)).encode()).routes


def mistakes(*tables: str, rest: str = RADIO + SERVERS + POLICY) -> dict[str, str]:
    """Path of each mistake, and its line."""
    with pytest.raises(ConfigError) as caught:
        routes(*tables, rest=rest)
    found = {problem.path: str(problem) for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems), "one is told twice"
    return found


def cautions(*tables: str) -> list[str]:
    """What is said of a correct file with the servers "city", "metropole", "backup" and "archive"."""
    config = parse_config((RADIO + SERVERS + POLICY + "".join(tables)).encode())
    return route_cautions(config.routes, [server.name for server in config.servers])


# --- What is accepted


def test_without_any_route_each_server_gets_everything() -> None:
    found = routes()
    assert [(each.name, each.servers) for each in found] == [
        (name, (name,)) for name in ("city", "metropole", "backup", "archive")
    ]
    assert all(each.match.takes_everything for each in found)
    assert cautions() == []


def test_the_least_route_takes_everything_and_keeps_it_through_an_outage() -> None:
    assert routes(route()) == (Route("all", ("city",), Match(), mirror=False, return_after_s=60.0, store=True),)


def test_all_of_it() -> None:
    text = """
        depositors = ["metropole", "sdis-38"]
        net_ids = ["000013", "c00053"]
        dev_addrs = ["26011A00/24", "26011B01"]
        join_euis = ["70b3d57ed0000001"]
        join_eui_ranges = [{ first = "70B3D57ED1000000", last = "70B3D57ED1FFFFFF" }]
        mirror = true
        return_after_s = 0
        store = false
    """
    match = Match(
        depositors=("metropole", "sdis-38"),
        net_ids=(0x13, 0xC00053),
        dev_addrs=(Prefix(0x26011A00, 24, 32), Prefix(0x26011B01, 32, 32)),
        join_euis=(0x70B3D57ED0000001,),
        join_eui_ranges=((0x70B3D57ED1000000, 0x70B3D57ED1FFFFFF),),
    )
    expected = Route("all", ("metropole", "backup"), match, mirror=True, return_after_s=0.0, store=False)
    assert routes(route(text, servers='["metropole", "backup"]')) == (expected,)


def test_routes_keep_the_order_of_the_file() -> None:
    assert [each.name for each in routes(route(name="b"), route(name="a"), route(name="c"))] == ["b", "a", "c"]


# --- Mistakes


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('depositors = ["Métropole"]', "depositors[0]"),
        ('depositors = "metropole"', "depositors"),
        ('net_ids = ["13"]', "net_ids[0]"),
        ("net_ids = [13]", "net_ids[0]"),
        ('net_ids = ["000013", "000053"]', "net_ids[1]"),  # type 0 has an ID of six bits
        ('dev_addrs = ["26011A0"]', "dev_addrs[0]"),
        ('dev_addrs = ["26011A00/33"]', "dev_addrs[0]"),
        ('dev_addrs = ["26011A00/24", "26011A01/24"]', "dev_addrs[1]"),
        ('join_euis = ["70B3D57ED0000000/40"]', "join_euis[0]"),
        ('join_eui_ranges = ["70B3D57ED0000000-70B3D57ED0FFFFFF"]', "join_eui_ranges[0]"),
        ('join_eui_ranges = [{ first = "70B3D57ED0000000" }]', "join_eui_ranges[0].last"),
        (
            'join_eui_ranges = [{ first = "70B3D57ED0000001", last = "70B3D57ED0000000" }]',
            "join_eui_ranges[0].last",
        ),
        ("depositors = []", "depositors"),
        ("net_ids = []", "net_ids"),
        ("dev_addrs = []", "dev_addrs"),
        ("join_euis = []", "join_euis"),
        ("join_eui_ranges = []", "join_eui_ranges"),
        ('mirror = "yes"', "mirror"),
        ("store = 1", "store"),
        ("return_after_s = -1", "return_after_s"),
        ("return_after_s = 86401", "return_after_s"),
        ("return_after_s = nan", "return_after_s"),
        ("dev_addr = []", "dev_addr"),
    ],
)
def test_wrong_values_are_refused_by_key(line: str, path: str) -> None:
    assert set(mistakes(route(line))) == {f"route[0].{path}"}


def test_an_empty_list_is_not_taken_for_everything() -> None:
    assert mistakes(route("depositors = []"))["route[0].depositors"] == (
        "route[0].depositors = a list of 0: must name at least one, or be left out; "
        "a route that names nothing at all takes everything"
    )


def test_a_block_with_bits_behind_its_length_is_shown_as_it_should_be() -> None:
    found = mistakes(route('dev_addrs = ["26011A01/24"]'))["route[0].dev_addrs[0]"]
    assert '"26011A00/24" is its block' in found


def test_a_server_that_does_not_exist_is_named_with_those_that_do() -> None:
    assert mistakes(route(servers='["city", "metropol"]')) == {
        "route[0].servers[1]": 'route[0].servers[1] = "metropol": must be the name of a [[server]]: '
        '"city" or "metropole" or "backup" or "archive"'
    }


def test_a_server_stands_once_in_a_route() -> None:
    assert mistakes(route(servers='["city", "backup", "city"]')) == {
        "route[0].servers[2]": 'route[0].servers[2] = "city": must differ: route[0].servers[0] is this server already'
    }


@pytest.mark.parametrize(
    ("servers", "path"),
    [("[]", "servers"), ('"city"', "servers"), ("[1]", "servers[0]"), ('["no blanks"]', "servers[0]")],
)
def test_a_route_leads_to_at_least_one_server(servers: str, path: str) -> None:
    assert set(mistakes(route(servers=servers))) == {f"route[0].{path}"}


def test_a_route_has_a_name_and_servers() -> None:
    assert set(mistakes("[[route]]\nmirror = true\n")) == {"route[0].name", "route[0].servers"}


def test_two_routes_with_one_name_are_a_mistake() -> None:
    assert mistakes(route(), route()) == {
        "route[1].name": 'route[1].name = "all": must differ: route[0] has this name already'
    }


def test_depositors_need_a_policy_to_be_known_by() -> None:
    found = mistakes(route('depositors = ["metropole"]'), rest=RADIO + SERVERS)
    assert found == {
        "route[0].depositors": "route[0].depositors = a list of 1: "
        "needs a policy, which tells whose a device is: add the section [policy]"
    }


def test_a_policy_with_a_mistake_is_not_a_missing_one() -> None:
    found = mistakes("[policy]\n", route('depositors = ["metropole"]'), rest=RADIO + SERVERS)
    assert all(path.startswith("policy") for path in found)


def test_a_server_with_a_mistake_is_still_one_to_name() -> None:
    text = '[[server]]\nname = "city"\ntype = "telex"\n'
    assert set(mistakes(route(), text, rest=RADIO)) == {"server[0].type"}


def test_without_servers_it_is_these_that_are_missing() -> None:
    assert set(mistakes(route(), rest=RADIO)) == {"server"}


def test_all_mistakes_of_all_routes_are_told_at_once() -> None:
    found = mistakes(route('net_ids = ["13"]\nstore = 1', servers='["nobody"]'), route("mirror = 1", name="other"))
    assert set(found) == {"route[0].net_ids[0]", "route[0].store", "route[0].servers[0]", "route[1].mirror"}


# --- What is perhaps not meant


ALL_SERVERS = '["city", "metropole", "backup", "archive"]'


def test_of_one_route_over_all_servers_there_is_nothing_to_say() -> None:
    assert cautions(route(servers=ALL_SERVERS)) == []


def test_a_server_in_no_route_is_told() -> None:
    assert cautions(route(servers='["city", "backup"]'), route("mirror = true", "copy", '["archive"]')) == [
        'server "metropole" is in no route and gets nothing'
    ]


def test_a_plain_route_behind_one_that_takes_everything_is_told_with_a_remedy() -> None:
    metropole = route('depositors = ["metropole"]', "metropole", ALL_SERVERS)
    (told,) = cautions(route(), metropole)
    assert told == (
        'route "metropole" gets nothing: "all", which stands before it, takes everything; '
        "put it before that one, or give it mirror = true for a copy"
    )
    assert cautions(metropole, route()) == []


def test_a_mirror_hides_nothing_and_is_hidden_by_nothing() -> None:
    copy = route("mirror = true", "copy", '["archive"]')
    assert cautions(copy, route(servers=ALL_SERVERS)) == cautions(route(servers=ALL_SERVERS), copy) == []


@pytest.mark.parametrize("line", ['net_ids = ["000013"]', 'dev_addrs = ["26011A00/24"]'])
def test_a_route_by_dev_addr_alone_is_told_to_get_no_join_requests(line: str) -> None:
    (told,) = cautions(route(line, "metropole"), route(servers=ALL_SERVERS))
    assert told.startswith('route "metropole" gets no join requests')


@pytest.mark.parametrize(
    "line",
    [
        'join_euis = ["70B3D57ED0000001"]',
        'join_eui_ranges = [{ first = "70B3D57ED1000000", last = "70B3D57ED1FFFFFF" }]',
    ],
)
def test_a_route_by_join_eui_alone_is_told_to_get_nothing_else(line: str) -> None:
    (told,) = cautions(route(line, "metropole"), route(servers=ALL_SERVERS))
    assert told.startswith('route "metropole" gets join requests alone')


def test_a_route_by_both_or_by_depositor_gets_all_of_a_device() -> None:
    both = route('net_ids = ["000013"]\njoin_euis = ["70B3D57ED0000001"]', "both")
    depositor = route('depositors = ["metropole"]\nnet_ids = ["000013"]', "depositor")
    assert cautions(both, depositor, route(servers=ALL_SERVERS)) == []


# --- What the page shows


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
def test_an_example_is_correct_and_leaves_nothing_to_say(example: str) -> None:
    names = sorted(
        {name for line in re.findall(r"^servers = .*", example, re.MULTILINE) for name in re.findall(r'"(.*?)"', line)}
    )
    servers = "".join(f'[[server]]\nname = "{name}"\nhost = "{name}.example"\n' for name in names)
    assert route_cautions(routes(example, rest=RADIO + servers + POLICY), names) == []
