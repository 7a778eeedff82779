from importlib.metadata import EntryPoint

import pytest

from holdfast.core import registry
from holdfast.core.errors import HoldfastError


def offering(monkeypatch, value):
    monkeypatch.setattr(registry, "entry_points", lambda group: [EntryPoint("mine", value, group)])


def test_modules_come_in_name_order():
    names = [module.__name__ for module in registry.modules("holdfast.core")]
    assert names == sorted(names)
    assert "holdfast.core.rows" in names


def test_a_plugin_may_be_a_module_or_a_package(monkeypatch):
    offering(monkeypatch, "json.decoder")
    assert [module.__name__ for module in registry.plugin_modules()] == ["json.decoder"]
    offering(monkeypatch, "wsgiref")
    assert "wsgiref.util" in [module.__name__ for module in registry.plugin_modules()]


def test_a_plugin_that_cannot_be_loaded_is_named(monkeypatch):
    offering(monkeypatch, "no_such_module")
    with pytest.raises(HoldfastError, match=r"the plug-in mine \(no_such_module\) cannot be loaded: ModuleNotFound"):
        list(registry.plugin_modules())
