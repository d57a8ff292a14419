"""site.toml: every mistake at once, and the example that explains it."""

import re
from pathlib import Path

import pytest
from msgspec import structs

from gateway.commission.site import (
    AcceptanceTable,
    GatewayTable,
    PersonTable,
    PhotoTable,
    PositionTable,
    Site,
    SupportTable,
    SurveyedDeviceTable,
)
from gateway.commission.site_reading import LARGEST_SITE_BYTES, read_site
from gateway.config import ConfigError

EXAMPLE = Path(__file__).parents[3] / "config" / "site.example.toml"
LEAST = """
candelabre_site = 1
[support]
number = "7"
address = "1 rue Haute"
owner = "Ville"
maintenance = "Régie"
[gateway]
energy = "230 V"
"""


def mistakes(text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read_site(text.encode())
    return {problem.path: str(problem) for problem in caught.value.problems}


def test_the_least_site_is_read() -> None:
    site = read_site(LEAST.encode())
    assert (site.support.number, site.support.type, site.photo) == ("7", "Candélabre", ())


def test_everything_that_is_missing_is_told_at_once() -> None:
    told = mistakes("candelabre_site = 1\n[support]\nowner = 'Ville'\n")
    assert set(told) == {"support.number", "support.address", "support.maintenance", "gateway"}
    assert "missing; give text of 1 to 200 characters" in told["support.number"]


def test_a_wrong_value_and_an_unknown_key_are_told_with_their_remedies() -> None:
    wrong = '[position]\nlatitude_deg = 91\nlongitude_deg = 2\n[[person]]\nrole = "chief"\nname = "X"\n[[photos]]\n'
    told = mistakes(LEAST + wrong)
    assert "from -90 to 90" in told["position.latitude_deg"]
    assert '"installation"' in told["person[0].role"]
    assert "did you mean photo?" in told["photos"]


@pytest.mark.parametrize(
    ("lines", "path", "text"),
    [
        ("", "test_device[0].dev_eui", "missing; give the device's DevEUI, or its dev_addr"),
        ('dev_eui = "0000000000000001"\ndev_addr = "26011A07"', "test_device[0].dev_addr", "must be left out"),
        ('dev_eui = "1"', "test_device[0].dev_eui", "16 hexadecimal digits"),
    ],
)
def test_a_test_device_has_one_name(lines: str, path: str, text: str) -> None:
    told = mistakes(f'{LEAST}[[test_device]]\nname = "T"\n{lines}\n')
    assert list(told) == [path]
    assert text in told[path]


def test_a_device_that_cannot_be_read_hides_no_other_mistake() -> None:
    told = mistakes(f'{LEAST}test_device = [3, {{ name = "T" }}]\n'.replace("[gateway]", "[gateway]\n", 1))
    assert "gateway.test_device" in told


def test_no_text_of_a_person_breaks_a_line_or_turns_its_direction() -> None:
    for bad in (r"a\nb", r"a\u202eb"):
        assert "person[0].name" in mistakes(f'{LEAST}[[person]]\nrole = "operation"\nname = "{bad}"\n')


def test_a_file_that_is_far_too_large_is_refused() -> None:
    with pytest.raises(ConfigError, match="too many for a site"):
        read_site(b"#" * (LARGEST_SITE_BYTES + 1))


@pytest.mark.parametrize("all_in_force", [False, True])
def test_the_example_is_right_as_it_stands_and_with_all_in_force(all_in_force: bool) -> None:
    text = EXAMPLE.read_text()
    if all_in_force:
        text = re.sub(r"^#(?=[^ \n#])", "", text, flags=re.MULTILINE)
    site = read_site(text.encode())
    assert len(site.test_device) == 2
    assert (site.support.agreement is not None) is all_in_force


def test_the_example_explains_every_key() -> None:
    text = EXAMPLE.read_text()
    tables = (
        Site,
        SupportTable,
        GatewayTable,
        PositionTable,
        PhotoTable,
        PersonTable,
        AcceptanceTable,
        SurveyedDeviceTable,
    )
    for table in tables:
        for field in structs.fields(table):
            assert re.search(rf"^#?\[{{0,2}}{field.name}\b", text, re.MULTILINE), field.name
