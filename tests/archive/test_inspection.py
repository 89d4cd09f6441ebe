"""What `inspect_model` tells of a file is what Keras says of the model."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

import hornbook
from hornbook.errors import ArchiveError, ConfigError, LimitError
from hornbook.reports.inspect import inspect_model
from hornbook.reports.inspection import Compiled

from .model_files import DENSE, archive, members, own, sequential, weights

keras = pytest.importorskip("keras")
layers = keras.layers


class Block(layers.Layer):
    """A layer with layers that only its attributes hold."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first, self.gates = layers.Dense(units), [layers.Dense(units), layers.Dense(units)]

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), name="scale")
        for layer in (self.first, *self.gates):
            layer.build((None, self.units))

    def call(self, inputs):
        for layer in (self.first, *self.gates):
            inputs = layer(inputs)
        return inputs * self.scale

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Tower(keras.Model):
    """A model with layers that only its attributes hold."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.entry = layers.Dense(3)
        self.blocks = [Block(), Block()]
        self.heads = {"a": layers.Dense(1), "b": layers.Dense(2)}
        self.seen = keras.metrics.Mean(name="seen")

    def build(self, input_shape):
        self.shift = self.add_weight(shape=(3,), name="shift")
        self.entry.build(input_shape)
        for layer in (*self.blocks, *self.heads.values()):
            layer.build((None, 3))

    def call(self, inputs):
        inputs = self.entry(inputs) + self.shift
        for step in self.blocks:
            inputs = step(inputs)
        return [head(inputs) for head in self.heads.values()]

    def get_config(self):
        return {"name": self.name}


def miss(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def dense_network():
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2)]
    )


def shared_layer():
    a, b, shared = keras.Input((3,)), keras.Input((3,)), layers.Dense(4, name="shared")
    joined = layers.subtract([shared(a), shared(b)])
    return keras.Model([a, b], layers.Dense(1)(joined * 2.0))


def nested_models():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(4)], name="inner")
    middle_input = keras.Input((4,))
    middle = keras.Model(middle_input, layers.Dense(4)(inner(middle_input)), name="middle")
    outer_input = keras.Input((4,))
    return keras.Model(outer_input, layers.Dense(2)(middle(layers.Dense(4)(outer_input))))


def wrappers():
    inputs = keras.Input((5, 4))
    attended = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    cells = layers.RNN([layers.LSTMCell(3), layers.GRUCell(3)], return_sequences=True)(attended)
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(cells)
    return keras.Model(inputs, layers.TimeDistributed(layers.Dense(2))(both))


def operations():
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(2)(keras.ops.add(keras.ops.tanh(inputs), 1.0) * inputs))


def own_layers():
    return keras.Sequential([keras.Input((3,)), Block(name="one"), layers.Dense(3), Block(name="two")])


def own_model():
    model = Tower(name="tower")
    model.build((None, 4))
    return model


MODELS = [dense_network, shared_layer, nested_models, wrappers, operations, own_layers, own_model]
WRITERS = {"hornbook": hornbook.save_model, "keras": lambda model, path: model.save(path)}


def saved(model, path, writer="hornbook"):
    WRITERS[writer](model, path / "model.keras")
    return path / "model.keras"


def layers_of(model):
    """Every layer of a model and of models within it, by name."""
    found, todo = {}, [model]
    while todo:
        one = todo.pop()
        found[one.name] = one
        todo += getattr(one, "layers", ())
    return found


def part(inspection, name):
    (found,) = (one for one in inspection.objects if one.name == name)
    return found


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("make", MODELS)
def test_parameters_are_those_that_keras_counts(make, writer, tmp_path):
    """In the whole and for each layer, whoever wrote the file."""
    model = make()
    found = inspect_model(saved(model, tmp_path, writer))
    assert found.parameters == model.count_params()
    assert found.parameter_bytes == 4 * model.count_params()
    counted = {name: layer.count_params() for name, layer in layers_of(model).items()}
    told = {one.name: one.parameters for one in found.objects if one.name in counted and one.parameters is not None}
    assert told == {name: counted[name] for name in told}
    assert sum(told.values()) > 0
    missing = [layer for name, layer in layers_of(model).items() if name not in told and layer.weights]
    assert make is own_model or not missing


def test_a_layer_that_is_called_twice_counts_once(tmp_path):
    model = shared_layer()
    assert part(inspect_model(saved(model, tmp_path)), "shared").parameters == 3 * 4 + 4


def test_a_layer_that_two_models_share_counts_once(tmp_path):
    """To the first of them, where its weights are stored."""
    shared = layers.Dense(3, name="shared")
    one = keras.Sequential([keras.Input((3,)), shared], name="one")
    two = keras.Sequential([keras.Input((3,)), shared], name="two")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, two(one(inputs)))
    found = inspect_model(saved(model, tmp_path))
    assert [one.parameters for one in found.objects if one.name == "shared"] == [12, None]
    assert found.parameters == model.count_params()


def test_an_object_with_the_id_of_another_one_is_marked():
    one = {**DENSE, "shared_object_id": 7}
    found = inspect_model(archive(sequential(one, own("Wrap", layer=one)), weights()))
    assert [part.shared for part in found.objects] == [False, False, False, True]


def test_attributes_of_a_model_stand_under_their_paths(tmp_path):
    """Numbers sort as numbers; arrays of the model itself count to it."""
    model = own_model()
    found = inspect_model(saved(model, tmp_path))
    told = {one.path: (one.depth, one.class_name, one.parameters) for one in found.objects}
    step = model.blocks[0].count_params()
    assert told == {
        "": (0, "Tower", model.count_params()),
        "entry": (1, None, 15),
        "heads/dense": (1, None, 4),
        "heads/dense_1": (1, None, 8),
        "blocks/block": (1, None, step),
        "blocks/block_1": (1, None, step),
    }


def test_attributes_of_a_layer_stand_below_it(tmp_path):
    found = inspect_model(saved(own_layers(), tmp_path))
    below = [one.path for one in found.objects if one.depth == 2]
    assert below == [
        f"layers/block{n}/{attribute}" for n in ("", "_1") for attribute in ("first", "gates/dense", "gates/dense_1")
    ]


def test_attributes_are_told_in_the_order_of_their_numbers():
    """`block_2` stands before `block_10`."""

    def fill(file):
        for number in range(1, 12):
            file[f"blocks/block_{number}/vars/0"] = np.zeros((1,), "float32")

    found = inspect_model(archive(own("Stack"), weights(fill)))
    told = [one.path for one in found.objects if one.path.startswith("blocks")]
    assert told == [f"blocks/block_{number}" for number in range(1, 12)]


def test_wrapped_layers_are_parts_of_their_wrappers(tmp_path):
    """Also where Keras stores them under another name than that of the argument."""
    found = inspect_model(saved(wrappers(), tmp_path))
    told = [(one.class_name, one.path) for one in found.objects if one.depth > 1]
    assert told == [
        ("StackedRNNCells", "layers/rnn/cell"),
        ("LSTMCell", "layers/rnn/cell/cells/lstm_cell"),
        ("GRUCell", "layers/rnn/cell/cells/gru_cell"),
        ("LSTM", "layers/bidirectional/forward_layer"),
        ("LSTM", "layers/bidirectional/backward_layer"),
        ("Dense", "layers/time_distributed/layer"),
    ]


@pytest.mark.parametrize("writer", WRITERS)
def test_the_state_of_training_is_no_parameter(writer, tmp_path):
    """The optimizer of the model, and that of a model within it."""
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="inner")
    outer = keras.Sequential([keras.Input((3,)), inner, layers.Dense(2)])
    for model in (inner, outer):
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    found = inspect_model(saved(outer, tmp_path, writer))
    variables = [*outer.optimizer.variables, *inner.optimizer.variables]
    assert found.training_values == sum(int(np.prod(one.shape)) for one in variables)
    assert found.parameters == outer.count_params()
    assert part(found, "inner").parameters == inner.count_params()


def test_an_optimizer_of_ones_own_attribute_is_no_parameter():
    """A model that trains with several keeps each in an attribute of its own."""

    def fill(file):
        file["d_optimizer/vars/0"] = np.zeros((5,), "float32")
        file["vars/0"] = np.zeros((1,), "float32")

    found = inspect_model(archive(own("Gan"), weights(fill)))
    assert (found.parameters, found.training_values) == (9, 5)
    assert "d_optimizer" not in [one.path for one in found.objects]


def test_a_compiled_model_tells_its_optimizer_and_losses(tmp_path):
    model = dense_network()
    model.compile(keras.optimizers.Adam(), loss=miss, metrics=[keras.metrics.MeanSquaredError(), "mae"])
    assert inspect_model(saved(model, tmp_path)).compiled == Compiled("Adam", ("miss",), ("MeanSquaredError", "mae"))
    assert inspect_model(saved(dense_network(), tmp_path)).compiled is None


def test_the_file_tells_its_version_and_date(tmp_path):
    """Keras writes the date; hornbook does not, for equal models give equal bytes."""
    found = inspect_model(saved(dense_network(), tmp_path, "keras"))
    assert (found.format, found.keras_version, found.name) == ("keras", keras.__version__, "model.keras")
    assert "@" in found.date_saved
    assert inspect_model(saved(dense_network(), tmp_path)).date_saved is None


def test_members_are_told_with_their_bytes(tmp_path):
    path = saved(dense_network(), tmp_path)
    found = inspect_model(path)
    assert found.members == {name: len(data) for name, data in members(str(path)).items()}
    assert found.bytes == sum(found.members.values())


def test_a_folder_and_a_file_object_hold_what_the_file_holds(tmp_path):
    path = saved(nested_models(), tmp_path)
    with zipfile.ZipFile(path) as file:
        file.extractall(tmp_path / "folder")
    told = inspect_model(path).to_dict()
    with path.open("rb") as file:
        assert inspect_model(file).to_dict()["objects"] == told["objects"]
    found = inspect_model(tmp_path / "folder").to_dict()
    assert found.pop("format") == "keras folder"
    assert found == {**{name: value for name, value in told.items() if name != "format"}, "name": "folder"}


def test_custom_objects_are_classes_and_functions_that_are_not_built_in(tmp_path):
    """Strings are no names of objects, whatever they look like."""
    model = keras.Sequential(
        [keras.Input((3,)), Block(name="Tower"), layers.Dense(2, activation=miss_activation, name="Block")]
    )
    model.compile("sgd", loss=miss, metrics=["mae"])
    found = inspect_model(saved(model, tmp_path)).custom_objects
    assert [(one.kind, one.label, one.count) for one in found] == [
        ("class", "Block", 1),
        ("function", "miss_activation", 1),
        ("function", "miss", 1),
    ]
    assert found[0].module == __name__


def miss_activation(inputs):
    return inputs * 2


def test_a_registered_object_is_told_by_its_key():
    (found,) = inspect_model(archive(sequential(own("Scale"), own("Scale")))).custom_objects
    assert (found.label, found.name, found.module, found.count) == ("lab>Scale", "Scale", "lab", 2)


def test_values_with_a_tag_are_no_custom_objects():
    """A tensor, bytes and the like need nobody to bring a class."""
    tagged = [{"class_name": tag, "config": {}} for tag in ("__tensor__", "__numpy__", "__bytes__", "__typespec__")]
    found = inspect_model(archive(sequential(own("Scale", values=tagged))))
    assert [one.label for one in found.custom_objects] == ["lab>Scale"]


def test_lambdas_are_told_with_their_places(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x * 2), layers.Dense(1)])
    found = inspect_model(saved(model, tmp_path))
    assert (found.lambdas, found.lambda_count) == (("$.config.layers[1].config.function",), 1)
    assert inspect_model(saved(dense_network(), tmp_path)).lambdas == ()


def test_a_lambda_is_found_wherever_it_hides():
    """In a loss, in a user's class, without its config, as Keras 2 wrote it; not in a name."""
    code = {"class_name": "__lambda__", "config": {}}
    of_keras_2 = {**DENSE, "class_name": "Lambda", "config": {"function": ["", None, None], "function_type": "lambda"}}
    config = sequential(
        own("Scale", f={"deep": [code]}),
        of_keras_2,
        {**DENSE, "config": {"name": "__lambda__"}},
        own("Other", f={"class_name": "__lambda__"}),
        compile_config={"loss": code},
    )
    assert inspect_model(archive(config)).lambdas == (
        "$.config.layers[0].config.f.deep[0]",
        "$.config.layers[1].config",
        "$.config.layers[3].config.f",
        "$.compile_config.loss",
    )


def test_a_thousand_lambdas_are_counted_and_a_hundred_told():
    long = "k" * 5000
    found = inspect_model(archive(sequential({long: [{"class_name": "__lambda__", "config": {}}] * 1000})))
    assert (found.lambda_count, len(found.lambdas)) == (1000, 100)
    assert all(len(place) <= 210 for place in found.lambdas)


def test_data_of_a_users_class_may_look_like_a_config():
    """It is the user's own business, as it is when the file is loaded."""
    data = {"class_name": ["cat", "dog"], "config": {"class_name": 3, "config": None}}
    found = inspect_model(archive(sequential(own("Scale", data=data, layers=[data], cell=data))))
    assert [one.label for one in found.custom_objects] == ["lab>Scale"]


def test_a_file_without_weights_says_so():
    found = inspect_model(archive(sequential(DENSE)))
    assert (found.parameters, found.training_bytes, found.objects[1].parameters) == (None, None, None)
    assert found.notes == ("The file has no weights.",)


def test_no_other_package_is_needed(tmp_path):
    """HDF5 is read without h5py, and nothing is computed."""
    path = saved(nested_models(), tmp_path)
    found = json.loads(in_child(BLOCKED.format(names=("h5py", "numpy", "keras", "jax")) + PRINT, path))
    assert found == json.loads(json.dumps(inspect_model(path).to_dict()))


def test_keras_is_not_needed(tmp_path):
    """Its import fails in the child process; what is told is the same."""
    path = saved(own_layers(), tmp_path)
    blocked = BLOCKED.format(names=("keras", "jax", "torch", "tensorflow", "ml_dtypes"))
    assert json.loads(in_child(blocked + PRINT, path)) == json.loads(json.dumps(inspect_model(path).to_dict()))


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ImportError(name, name=name)
sys.meta_path.insert(0, Blocked())
"""
PRINT = """
import json
from hornbook.reports.inspect import inspect_model
print(json.dumps(inspect_model(sys.argv[1]).to_dict()))
"""


def in_child(program, path):
    return subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True, text=True).stdout


def test_progress_ends_with_the_bytes_of_the_weights():
    seen = []
    data = weights()
    inspect_model(archive(sequential(DENSE), data), progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (32, len(data))


def test_golden_files_are_told_completely(shared):
    """Every array of every file of Keras 3 counts once; every layer has a path."""
    files = 0
    for version in sorted((shared / "golden").glob("keras-3*")):
        with zipfile.ZipFile(version / "artefacts.zip") as artefacts:
            for name in artefacts.namelist():
                if name.endswith(".keras"):
                    check_golden(io.BytesIO(artefacts.read(name)), name)
                    files += 1
    assert files > 200


def check_golden(file, name):
    found = inspect_model(file)
    with h5py.File(io.BytesIO(members(file)["model.weights.h5"])) as stored:
        sizes = []
        stored.visititems(lambda _, one: sizes.append(one.size) if isinstance(one, h5py.Dataset) else None)
    assert found.parameters + found.training_values == sum(sizes), name
    without = {one.class_name for one in found.objects if one.path is None and one.kind != "operation"}
    assert without <= {"InputLayer"}, name
    if found.objects[0].kind == "model":
        assert None not in {one.class_name for one in found.objects}, name
        top = [one for one in found.objects if one.depth == 1]
        assert sum(one.parameters or 0 for one in top) == found.parameters, name


# ---- what is no model file, or a hostile one


def nested(levels, kind):
    return "".join(kind[0] for _ in range(levels)) + "1" + "".join(kind[1] for _ in range(levels))


NO_CONFIG = {
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe{\x00",
    "a list": [1, 2],
    "a string": '"Sequential"',
    "no class name": {"config": {}},
    "no config": {"class_name": "Sequential"},
    "a tag": {"class_name": "__tensor__", "config": {}},
    "a key twice": b'{"class_name": "A", "class_name": "B", "config": {}}',
    "a class name that is none": {"class_name": {"a": 1}, "config": {}},
    "a module that is none": {"class_name": "A", "config": {}, "module": [1]},
    "a function that is none": {"class_name": "function", "config": {}},
    "a wrong name within": sequential({"class_name": 3, "config": {}}),
    "100,000 lists": b'{"class_name": "A", "config": ' + nested(100_000, ("[", "]")).encode() + b"}",
    "100,000 dicts": b'{"class_name": "A", "config": ' + nested(100_000, ('{"a":', "}")).encode() + b"}",
    "300 lists": b'{"class_name": "A", "config": ' + nested(300, ("[", "]")).encode() + b"}",
    "a huge number": b'{"class_name": "A", "config": ' + b"9" * 100_000 + b"}",
}


@pytest.mark.parametrize("what", NO_CONFIG)
def test_what_is_no_config_of_a_model_is_one_error(what):
    with pytest.raises((ArchiveError, ConfigError, LimitError)) as caught:
        inspect_model(archive(NO_CONFIG[what], weights()))
    assert len(str(caught.value).splitlines()) <= 2
    assert len(str(caught.value)) < 400


NO_FILE = {"empty": b"", "text": b"hello", "half a ZIP": archive(sequential(DENSE), weights()).getvalue()[:3000]}


@pytest.mark.parametrize("what", NO_FILE)
def test_what_is_no_archive_is_one_error(what, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(NO_FILE[what])
    for source in (path, io.BytesIO(NO_FILE[what])):
        with pytest.raises(ArchiveError):
            inspect_model(source)


def test_what_is_not_there_is_one_error(tmp_path):
    """A folder without a config, and no folder at all."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ArchiveError):
            inspect_model(path)


def cycle(file):
    file["layers/dense/again"] = file["layers"]


def same_array(file):
    file["layers/other"] = file["layers/dense/vars/0"]


def soft_link(file):
    file["layers/soft"] = h5py.SoftLink("/layers/dense")


def external_link(file):
    file["layers/far"] = h5py.ExternalLink("other.h5", "/layers")


def external_array(file):
    file.create_dataset("layers/far", (4,), "float32", external=[("other.bin", 0, 16)])


def virtual_array(file):
    layout = h5py.VirtualLayout((4,), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    file.create_virtual_dataset("layers/virtual", layout)


def strings(file):
    file["layers/strings"] = np.array(["a", "b"], h5py.string_dtype())


def references(file):
    file["layers/references"] = np.array([file["layers"].ref], h5py.ref_dtype)


def no_shape(file):
    file["layers/none"] = h5py.Empty("float32")


def named_type(file):
    file["layers/type"] = np.dtype("float32")


def shape_bomb(file):
    file.create_dataset("layers/bomb", (1 << 40,), "float32", chunks=(1024,))


def many_bombs(file):
    for number in range(8):
        file.create_dataset(f"layers/bomb_{number}", (1 << 23,), "float32", chunks=(1024,))


def name_of_bytes(file):
    file["layers"].create_group(b"\xff")


def deep(file):
    file["/".join("a" * 300)] = 1


def long_names(file):
    file["/".join(["a" * 1000] * 5)] = 1


HOSTILE = [
    *(cycle, same_array, soft_link, external_link, external_array, virtual_array, strings, references),
    *(no_shape, named_type, shape_bomb, many_bombs, name_of_bytes, deep, long_names),
]


@pytest.mark.parametrize("make", HOSTILE)
def test_hostile_weights_are_one_error(make, tmp_path):
    """It names the place in the weights."""
    with pytest.raises((ArchiveError, LimitError)) as caught:
        inspect_model(archive(sequential(DENSE), weights(make)))
    assert caught.value.place.startswith("model.weights.h5")


def test_weights_that_are_no_hdf5_are_one_error():
    for data in (b"", b"not HDF5", weights()[:1000]):
        with pytest.raises(ArchiveError, match=r"damaged|The file has 1000 bytes"):
            inspect_model(archive(sequential(DENSE), data))


def test_the_limits_of_the_policy_hold():
    file = archive(sequential(own("Scale", a=[[[1]]])), weights())
    for limits in ({"depth": 6}, {"nodes": 10}, {"members": 2}, {"config_bytes": 100}):
        with pytest.raises(LimitError):
            inspect_model(io.BytesIO(file.getvalue()), policy=hornbook.Policy(limits=hornbook.Limits(**limits)))
    assert inspect_model(file).custom_objects


def test_no_config_makes_it_fail_with_a_foreign_error(tmp_path):
    """500 variants of the config of a real model with values replaced, moved and dropped."""
    config = json.loads(members(str(saved(wrappers(), tmp_path)))["config.json"])
    odd = [None, 0, -1, 1e400, "", "a/b", "..", "vars", [], {}, [[]], {"class_name": "X"}, {"": {}}, True, DENSE]
    data, chance = weights(), random.Random(7)
    for _ in range(500):
        changed = copy.deepcopy(config)
        for _ in range(chance.randrange(1, 4)):
            place = chance.choice(containers(changed))
            key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if chance.random() < 0.3:
                del place[key]
            elif chance.random() < 0.3 and isinstance(place, dict):
                place[chance.choice(["layers", "class_name", "config", "cell", "name"])] = place.pop(key)
            else:
                place[key] = copy.deepcopy(chance.choice(odd))
        with contextlib.suppress(hornbook.HornbookError):
            json.dumps(inspect_model(archive(changed, data)).to_dict())


def containers(config):
    found, todo = [], [config]
    while todo:
        one = todo.pop()
        if one:
            found.append(one)
        members = one.values() if isinstance(one, dict) else one
        todo += [member for member in members if isinstance(member, (dict, list))]
    return found
