"""ZIP archives that are damaged, made to deceive, or lack a part."""

from __future__ import annotations

import io
import json
import random
import struct
import warnings
import zipfile

import pytest

import hornbook

from . import archives


def test_an_archive_cut_off_anywhere_is_refused(refused, file):
    """No part of a file, from its beginning, is taken for the whole."""
    data = archives.good()
    for length in (*range(1, 60, 7), *range(60, len(data), len(data) // 40), len(data) - 1):
        error = refused(hornbook.load_model, file(data[:length]))
        assert error.place.startswith("model.keras"), length


def test_an_archive_with_a_wrong_byte_loads_or_is_refused():
    """A flipped byte is noticed, or was in a place that says nothing."""
    choose = random.Random(0)
    data = archives.good()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(200):
            spoiled = bytearray(data)
            spoiled[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
            try:
                hornbook.load_model(io.BytesIO(bytes(spoiled)))
            except hornbook.HornbookError as error:
                assert len(str(error)) < 600  # noqa: PT017  it may load as well


@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS])
def test_a_missing_member_is_named(refused, file, name):
    """An archive without config or weights says which is missing, and in which file."""
    error = refused(hornbook.load_model, file(archives.with_members({name: None})))
    assert "weights" in error.problem if name == archives.WEIGHTS else name in error.problem
    assert error.place.startswith("model.keras")


def test_metadata_may_be_missing(file):
    """The metadata decides nothing that must be known."""
    assert hornbook.load_model(file(archives.with_members({archives.METADATA: None}))).layers


NO_JSON = {
    "empty": b"",
    "text": b"not JSON",
    "cut off": b'{"class_name": "Sequen',
    "two values": b"{} {}",
    "no UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "with a mark of byte order": b'\xef\xbb\xbf{"class_name": "a", "config": {}}',
    "a key twice": b'{"class_name": "a", "class_name": "b", "config": {}}',
    "a key twice, deep within": b'{"class_name": "a", "config": {"a": [{"b": 1, "b": 2}]}}',
    "a number of 10,000 digits": b'{"a": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("what", NO_JSON)
def test_a_config_that_is_no_json_is_refused_at_its_member(refused, file, what):
    """The error names the member."""
    error = refused(hornbook.load_model, file(archives.with_members({archives.CONFIG: NO_JSON[what]})))
    assert archives.CONFIG in error.place


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}], True, 1.5])
def test_a_config_that_is_no_json_object_is_refused(refused, file, value):
    """A config is a JSON object."""
    error = refused(hornbook.load_model, file(archives.with_members({archives.CONFIG: json.dumps(value).encode()})))
    assert archives.CONFIG in error.place


@pytest.mark.parametrize("value", [{}, {"class_name": "Sequential"}, {"config": {}}, {"a": 1}])
def test_a_config_without_a_class_is_refused(refused, file, value):
    """A JSON object that names no class is no model."""
    error = refused(hornbook.load_model, file(archives.with_members({archives.CONFIG: json.dumps(value).encode()})))
    assert archives.CONFIG in error.place


CHANGES = {
    "an unknown class": (lambda config: config["config"]["layers"][1].update(class_name="Nobody"), "layers[1]"),
    "a class name of a wrong type": (lambda config: config["config"]["layers"][1].update(class_name=5), "layers[1]"),
    "a config of a wrong type": (lambda config: config["config"]["layers"][1].update(config=[]), "layers[1]"),
    "an argument of a wrong value": (
        lambda config: config["config"]["layers"][1]["config"].update(kernel_initializer=5),
        "layers[1].config",
    ),
    "an unknown argument": (lambda config: config["config"]["layers"][1]["config"].update(unit=1), "layers[1].config"),
    "an unknown initializer": (
        lambda config: config["config"]["layers"][1]["config"]["kernel_initializer"].update(class_name="Nobody"),
        "layers[1].config.kernel_initializer",
    ),
    "an unknown activation": (
        lambda config: config["config"]["layers"][1]["config"].update(activation="nobody"),
        "layers[1].config",
    ),
    "a lambda": (
        lambda config: config["config"]["layers"][1]["config"].update(
            activation={"class_name": "__lambda__", "config": {}}
        ),
        "layers[1].config.activation",
    ),
    "layers of a wrong type": (lambda config: config["config"].update(layers=5), "$.config"),
    "no layers": (lambda config: config["config"].pop("layers"), "$.config"),
    "an unknown loss": (
        lambda config: config["compile_config"].update(loss={"class_name": "Nobody", "config": {}}),
        "$.compile_config.loss",
    ),
    "an unknown optimizer": (
        lambda config: config["compile_config"].update(optimizer="nobody"),
        "$.compile_config",
    ),
    "a compile config of a wrong type": (lambda config: config.update(compile_config=5), "$.compile_config"),
    "a class that is no model": (
        lambda config: config.update(archives.config()["config"]["layers"][1], compile_config=None),
        "config.json",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_wrong_part_of_the_config_is_refused_at_its_place(refused, file, what):
    """The error has the file, the member and the place in it."""
    change, place = CHANGES[what]
    error = refused(hornbook.load_model, file(archives.with_config(change)))
    assert error.place.startswith("model.keras/config.json")
    assert place in error.place


METADATA = {
    "no JSON": b"{",
    "no UTF-8": b"\xff",
    "empty": b"",
}


@pytest.mark.parametrize("what", METADATA)
def test_metadata_that_are_no_json_are_refused(refused, file, what):
    """What is there must be readable."""
    error = refused(hornbook.load_model, file(archives.with_members({archives.METADATA: METADATA[what]})))
    assert archives.METADATA in error.place


@pytest.mark.parametrize(
    "value", [[], 5, None, {}, {"keras_version": 5}, {"keras_version": ["3"]}, {"keras_version": "x"}]
)
def test_metadata_that_say_nothing_decide_nothing(file, value):
    """A version that cannot be understood is as none."""
    data = archives.with_members({archives.METADATA: json.dumps(value).encode()})
    assert hornbook.load_model(file(data)).layers


def with_extra(*infos, method=zipfile.ZIP_STORED):
    """Return the good archive with more members."""
    buffer = io.BytesIO(archives.good())
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a", method) as archive:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, data in infos:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS, archives.METADATA, "assets/a"])
def test_a_member_that_occurs_twice_is_refused(refused, file, name):
    """Two members of one name could be read differently by others."""
    error = refused(hornbook.load_model, file(with_extra((name, b"{}"), (name, b"{}"))))
    assert name in error.place


TRAVERSALS = ["../outside", "/outside", "assets/../../outside", "assets\\..\\outside", "..", "assets/..", "C:\\a"]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_a_member_that_leads_outside_is_refused(refused, file, name):
    """No name leads out of the archive, whatever the system's separators."""
    error = refused(hornbook.load_model, file(with_extra((name, b"x"))))
    assert "outside" in error.problem


ODD_ASSETS = {
    "a file that is a folder as well": (("assets/a", b"x"), ("assets/a/b", b"y")),
    "a folder that is a file as well": (("assets/a/b", b"y"), ("assets/a", b"x")),
    "of too long a name": (("assets/" + "x" * 300, b"x"),),
    "without a name": (("assets//", b"x"), ("assets//a", b"x")),
    "with a dot for a name": (("assets/./a", b"x"), ("assets/.", b"x")),
    "with a null": (("assets/a\0b", b"x"),),
}


@pytest.mark.parametrize("what", ODD_ASSETS)
def test_odd_names_of_assets_load_or_are_refused(refused, file, what):
    """Assets that cannot be files are one error of ours, or no assets."""
    path = file(with_extra(*ODD_ASSETS[what]))
    try:
        loaded = hornbook.load_model(path)
    except hornbook.HornbookError:
        refused(hornbook.load_model, path)
    else:
        assert loaded.layers


def patched(data, name, *, central, local, form, value):
    """Return an archive with a field of one member's two headers replaced.

    Args:
        data: The archive.
        name: The member.
        central: Where the field is in the header of the central directory.
        local: Where it is in the header before the data.
        form: How it is packed.
        value: What it becomes.
    """
    made = bytearray(data)
    encoded = name.encode()
    for signature, offset, start in ((b"PK\x01\x02", central, 46), (b"PK\x03\x04", local, 30)):
        at = -1
        while (at := made.find(signature, at + 1)) != -1:
            if made[at + start : at + start + len(encoded)] == encoded:
                struct.pack_into(form, made, at + offset, value)
    return bytes(made)


@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS])
def test_an_encrypted_member_is_refused(refused, file, name):
    """There is no key to read it with."""
    data = patched(archives.good(), name, central=8, local=6, form="<H", value=1)
    assert name in refused(hornbook.load_model, file(data)).place


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 1, 9, 99])
def test_an_unusual_compression_is_refused(refused, file, method):
    """Keras stores members as they are; only deflated ones are read besides."""
    data = patched(archives.good(), archives.CONFIG, central=10, local=8, form="<H", value=method)
    assert archives.CONFIG in refused(hornbook.load_model, file(data)).place


@pytest.mark.parametrize("crc", [0, 1, 0xFFFFFFFF])
@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS, archives.METADATA])
def test_a_wrong_checksum_is_refused(refused, file, name, crc):
    """A member whose checksum is wrong is damaged."""
    data = patched(archives.good(), name, central=16, local=14, form="<I", value=crc)
    assert name in refused(hornbook.load_model, file(data)).place


@pytest.mark.parametrize("size", [0, 1, 10, 1 << 20, 1 << 30, (1 << 32) - 2])
@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS])
def test_a_wrong_size_is_refused(refused, file, name, size):
    """A member that says it is larger or smaller than it is, is damaged."""
    data = patched(archives.good(), name, central=24, local=22, form="<I", value=size)
    refused(hornbook.load_model, file(data))


def test_a_member_that_inflates_absurdly_is_refused(refused, file):
    """Two hundred megabytes of zeros in a few kilobytes are not inflated."""
    data = archives.archive({**archives.members(archives.good()), "assets/a": bytes(200 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(data) < 1 << 20
    limits = hornbook.Limits(ratio=100)
    error = refused(hornbook.load_model, file(data), policy=hornbook.Policy(limits=limits))
    assert isinstance(error, hornbook.HornbookError)
    assert "assets/a" in error.place


def test_a_config_longer_than_allowed_is_refused(refused, file):
    """The bytes of a config are limited."""
    policy = hornbook.Policy(limits=hornbook.Limits(config_bytes=100))
    assert archives.CONFIG in refused(hornbook.load_model, file(archives.good()), policy=policy).place


def test_more_members_than_allowed_are_refused(refused, file):
    """So is the number of members."""
    policy = hornbook.Policy(limits=hornbook.Limits(members=2))
    assert "members" in refused(hornbook.load_model, file(archives.good()), policy=policy).problem


def test_a_config_with_more_values_than_allowed_is_refused(refused, file):
    """So is the number of values in a config."""
    policy = hornbook.Policy(limits=hornbook.Limits(nodes=10))
    assert "values" in refused(hornbook.load_model, file(archives.good()), policy=policy).problem


def test_a_deflated_archive_loads(file):
    """Others may have packed the members more tightly."""
    data = archives.archive(archives.members(archives.good()), zipfile.ZIP_DEFLATED)
    assert hornbook.load_model(file(data)).layers
