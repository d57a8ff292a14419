"""The daemon and its clients mean the same socket."""

from pathlib import Path

import pytest

from gateway.traffic.tap_socket import paths_to_try, served_path

OWN_STATE = "/srv/candelabre"
SERVICE_STATE = "/var/lib/candelabre"


def test_the_daemon_listens_in_its_runtime_directory() -> None:
    assert served_path(SERVICE_STATE, {"RUNTIME_DIRECTORY": "/run/gw"}) == Path("/run/gw/traffic.sock")
    assert served_path(SERVICE_STATE, {"RUNTIME_DIRECTORY": "/run/gw:/run/more"}) == Path("/run/gw/traffic.sock")


@pytest.mark.parametrize("environ", [{}, {"RUNTIME_DIRECTORY": ""}])
def test_without_one_it_listens_in_its_state_directory(environ: dict[str, str]) -> None:
    assert served_path(OWN_STATE, environ) == Path("/srv/candelabre/traffic.sock")


def test_a_client_tries_the_services_runtime_directory_that_it_is_not_told() -> None:
    assert paths_to_try(SERVICE_STATE, {}) == (
        Path("/var/lib/candelabre/traffic.sock"),
        Path("/run/candelabre/traffic.sock"),
    )


def test_a_client_of_another_gateway_does_not_end_up_at_the_service() -> None:
    assert paths_to_try(OWN_STATE, {}) == (Path("/srv/candelabre/traffic.sock"),)


@pytest.mark.parametrize("state_dir", [OWN_STATE, SERVICE_STATE])
@pytest.mark.parametrize("environ", [{}, {"RUNTIME_DIRECTORY": "/run/gw"}])
def test_a_client_in_the_daemons_environment_tries_its_socket_first(state_dir: str, environ: dict[str, str]) -> None:
    assert paths_to_try(state_dir, environ)[0] == served_path(state_dir, environ)
