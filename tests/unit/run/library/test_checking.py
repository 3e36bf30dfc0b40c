"""What may be put into the library: names, values, connections."""

from __future__ import annotations

import pytest

from drivetrain.errors import UserError
from drivetrain.run.library import checking
from drivetrain.run.library.connection_types import ALIASES, TYPES, known_type
from drivetrain.run.library.model import ItemKind

GROUP, FILE, VAULT = ItemKind.VARIABLE_GROUP, ItemKind.SECURE_FILE, ItemKind.KEY_VAULT


@pytest.mark.parametrize("name", ["prod", "Länge 2", "contoso/python", "a.b-c_d", "<script>", "x" * 256])
def test_these_are_names(name: str) -> None:
    assert checking.checked_name(GROUP, name) == name


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\0", "\u202eevil", "x" * 257, "a,b"])
def test_these_are_none(name: str) -> None:
    with pytest.raises(UserError, match="is no name for a variable group"):
        checking.checked_name(GROUP, name)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a\\b"])
def test_a_secure_file_is_called_as_a_file_is(name: str) -> None:
    with pytest.raises(UserError, match="is no name for a secure file"):
        checking.checked_name(FILE, name)


@pytest.mark.parametrize("name", ["1kv", "k_v", "", "-kv", "kv.a"])
def test_vaults_and_their_secrets_are_called_as_azures_are(name: str) -> None:
    with pytest.raises(UserError, match="is no name"):
        checking.checked_name(VAULT, name)
    assert checking.checked_value_name(VAULT, "1-db-Password") == "1-db-Password"
    with pytest.raises(UserError, match="secret of a vault"):
        checking.checked_value_name(VAULT, "db_password")


@pytest.mark.parametrize("value", ["", "two\nlines\r\n", "ünï ↯", "x" * checking.LARGEST_VALUE, "$(macro)", "##vso[x]"])
def test_these_are_values(value: str) -> None:
    assert checking.checked_value("a", value) == value


@pytest.mark.parametrize(
    ("value", "why"),
    [("a\0", "NUL"), ("\udcff", "is not text"), ("ü" * checking.LARGEST_VALUE, "131072 bytes")],
)
def test_these_are_no_values(value: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        checking.checked_value("a", value)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_scheme_and_names_each_parameter_once(name: str) -> None:
    kind = TYPES[name]
    assert name == name.lower()
    assert kind.schemes
    for scheme in kind.schemes:
        names = [parameter.name.lower() for parameter in scheme.parameters]
        assert len(names) == len(set(names))
        assert kind.scheme(scheme.name.upper()) == scheme
    assert kind.scheme("") == kind.schemes[0]


def test_types_are_found_in_any_case_and_by_short_words() -> None:
    assert known_type("AzureRM") is TYPES["azurerm"]
    assert {known_type(word) for word in ALIASES} <= set(TYPES.values())
    assert known_type("my.own") is None


def test_a_connection_gets_the_defaults_of_its_type() -> None:
    described = checking.described_connection("azurerm", "", "")
    assert described == {"type": "azurerm", "scheme": "ServicePrincipal", "url": "https://management.azure.com/"}
    assert checking.defaults_of(described)[0] == {"authenticationType": "spnKey"}
    assert checking.defaults_of(described)[1]["data.environment"] == "AzureCloud"


@pytest.mark.parametrize(
    ("kind", "scheme", "url", "why"),
    [
        ("generic", "", "", "needs a URL"),
        ("generic", "ServicePrincipal", "https://a", "has no scheme 'ServicePrincipal'"),
        ("no type", "", "https://a", "is no type"),
        ("my.own", "", "", "needs a URL"),
        ("generic", "", "https://ada:pw@example.com", "credentials in the URL"),
        ("generic", "", "javascript:alert(1)", "is not a URL"),
    ],
)
def test_a_connection_that_cannot_be_is_refused(kind: str, scheme: str, url: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        checking.described_connection(kind, scheme, url)


def test_a_type_of_others_is_kept_as_it_is_and_its_parameters_are_secrets() -> None:
    described = checking.described_connection("My.Own", "Magic", "https://a")
    assert described == {"type": "My.Own", "scheme": "Magic", "url": "https://a"}
    assert checking.is_secret(described, "anything")
    assert checking.spelled(described, {"Any": "x"}) == {"Any": "x"}
