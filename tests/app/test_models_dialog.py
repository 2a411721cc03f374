"""The models dialog over a real store with a tiny model, and switching in a window that paints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.messages import ModelInfo, OpenRequest
from app.models_dialog import ModelsDialog
from app.models_library import ImportRequest, ModelLibrary, is_model_file, name_for
from goae_core.checkpoint import PUBLISHER_LICENCE, write_checkpoint
from goae_core.models import ModelStore
from tests.app.fake_engine import CATS, MODEL, FakeEngine
from tests.goae_core.tiny_model import tiny_checkpoint


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store's two folders, with one model each; the imported one is for non-commercial use."""
    folder = tmp_path_factory.mktemp("shelf")
    model = tiny_checkpoint()
    write_checkpoint(replace(model, card="# A card\n\nMade in a test."), folder / "embedded" / "own")
    official = replace(model.origin, name="official", licence=PUBLISHER_LICENCE)
    write_checkpoint(replace(model, origin=official, card=""), folder / "imported" / "official")
    return folder


@pytest.fixture
def store(shelf: Path, tmp_path: Path) -> ModelStore:
    import shutil

    shutil.copytree(shelf, tmp_path / "shelf")
    return ModelStore(tmp_path / "shelf" / "embedded", tmp_path / "shelf" / "imported")


class SlowStore(ModelStore):
    """Verifies only when it is let, and looks whether it shall stop, as hashing a large file does."""

    def __init__(self, store: ModelStore) -> None:
        super().__init__(store.embedded, store.imported)
        self.gate = threading.Event()

    def verify(self, name: str, **asked: object) -> tuple[str, ...]:
        stop = asked["should_stop"]
        assert callable(stop)
        while not self.gate.wait(0.005):
            if stop():
                self.gate.set()
        return super().verify(name, **asked)  # type: ignore[arg-type]


@pytest.fixture
def library(qapp: QApplication, store: ModelStore) -> Iterator[ModelLibrary]:
    made = ModelLibrary(store=lambda: store)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def dialog(library: ModelLibrary, qtbot: QtBot) -> ModelsDialog:
    return shown(library, qtbot)


def shown(library: ModelLibrary, qtbot: QtBot) -> ModelsDialog:
    with qtbot.waitSignal(library.listed):
        made = ModelsDialog(library)
        qtbot.addWidget(made)
        made.show()
    return made


def click(qtbot: QtBot, widget: QWidget | None) -> None:
    assert widget is not None
    assert widget.isEnabled()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def drop(widget: QWidget, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    widget.dropEvent(event)


def test_every_model_is_listed_with_licence_and_card(dialog: ModelsDialog, store: ModelStore) -> None:
    assert [dialog.list.item(k).text().split("\n")[0] for k in range(dialog.list.count())] == [
        "own",
        "official",
    ]
    assert "Made in a test." in dialog.card.toPlainText()
    assert not dialog.remove_button.isEnabled()  # it came with the program
    dialog.list.setCurrentRow(1)
    assert "non-commercial" in dialog.list.item(1).text()
    assert PUBLISHER_LICENCE in dialog.terms.text()
    assert dialog.terms.property("role") == "warning"
    assert store.fingerprint("official") in dialog.card.toPlainText()  # a card of what is known
    assert dialog.remove_button.isEnabled()


def test_the_model_in_use_is_marked_and_cannot_be_used_or_removed(
    dialog: ModelsDialog, store: ModelStore
) -> None:
    used = replace(MODEL, name="official", fingerprint=store.fingerprint("official"))
    dialog.select("official")
    dialog.show_model(used)
    assert "in use" in dialog.list.item(1).text()
    assert not dialog.use_button.isEnabled()
    assert not dialog.remove_button.isEnabled()
    dialog.show_model(replace(used, fingerprint="of weights that were replaced"))
    assert "in use" not in dialog.list.item(1).text()
    assert dialog.use_button.isEnabled()


def test_a_click_verifies_and_says_how_many_files(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(library.verified) as verified:
        click(qtbot, dialog.verify_button)
    name, count = verified.args or ["", 0]
    assert dialog.note.text() == f"{name}: all {count} files are what was written."
    assert not dialog.bar.isVisible()


def test_a_changed_file_is_one_sentence_in_the_dialog(
    dialog: ModelsDialog, library: ModelLibrary, store: ModelStore, qtbot: QtBot
) -> None:
    file = store.imported / "official" / "generator.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    dialog.list.setCurrentRow(1)
    with qtbot.waitSignal(library.failed):
        click(qtbot, dialog.verify_button)
    assert "generator.safetensors changed since" in dialog.note.text()
    assert dialog.note.property("role") == "warning"


def test_cancel_stops_a_check(store: ModelStore, qtbot: QtBot) -> None:
    slow = SlowStore(store)
    library = ModelLibrary(store=lambda: slow)
    dialog = shown(library, qtbot)
    click(qtbot, dialog.verify_button)
    assert dialog.cancel_button.isVisible()
    assert not dialog.import_button.isEnabled()
    with qtbot.waitSignal(library.cancelled):
        click(qtbot, dialog.cancel_button)
    assert dialog.note.text() == "Stopped; nothing was changed."
    library.close()


def test_a_dropped_folder_is_imported_under_the_name_that_is_typed(
    dialog: ModelsDialog, library: ModelLibrary, store: ModelStore, qtbot: QtBot
) -> None:
    drop(dialog, store.embedded / "own")
    asked = dialog.import_dialog
    assert asked is not None
    assert asked.name.currentText() == "own"
    editor = asked.name.lineEdit()
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "second")
    with qtbot.waitSignal(library.imported):
        click(qtbot, asked.ok)
    with qtbot.waitSignal(library.listed):
        pass
    assert dialog.selected is not None
    assert dialog.selected.entry.name == "second"
    assert store.entry("second").fingerprint == store.entry("own").fingerprint


def test_a_name_that_is_taken_is_one_sentence_and_nothing_is_written(
    dialog: ModelsDialog, library: ModelLibrary, store: ModelStore, qtbot: QtBot
) -> None:
    before = sorted(store.imported.iterdir())
    drop(dialog, store.embedded / "own")
    assert dialog.import_dialog is not None
    with qtbot.waitSignal(library.failed):
        click(qtbot, dialog.import_dialog.ok)
    assert dialog.note.text().startswith("'own' is the name of a model that came with the program")
    assert sorted(store.imported.iterdir()) == before


def test_files_of_another_kind_are_refused_at_once(dialog: ModelsDialog, tmp_path: Path) -> None:
    drop(dialog, tmp_path / "photo.jpg")
    assert dialog.import_dialog is None
    assert dialog.note.text().startswith("These are no files of a model")


def test_removing_asks_first(
    dialog: ModelsDialog, library: ModelLibrary, store: ModelStore, qtbot: QtBot
) -> None:
    dialog.list.setCurrentRow(1)
    click(qtbot, dialog.remove_button)
    assert dialog.question is not None
    click(qtbot, dialog.question.button(QMessageBox.StandardButton.Cancel))
    assert (store.imported / "official").is_dir()
    click(qtbot, dialog.remove_button)
    with qtbot.waitSignal(library.removed):
        click(qtbot, dialog.question.button(QMessageBox.StandardButton.Yes))
    assert not (store.imported / "official").exists()


def test_enter_on_a_model_uses_it(dialog: ModelsDialog, qtbot: QtBot) -> None:
    dialog.list.setCurrentRow(1)
    with qtbot.waitSignal(dialog.use_asked) as asked:
        QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert asked.args == ["official"]


def test_what_can_be_imported(tmp_path: Path, store: ModelStore) -> None:
    assert is_model_file(Path("ffhq.PKL"))
    assert is_model_file(store.embedded / "own")
    assert not is_model_file(tmp_path)
    assert not is_model_file(Path("photo.png"))
    assert name_for(Path("ffhqrebalanced512-128.pkl")) == "ffhqrebalanced512-128"
    assert name_for(Path("my model (2).pkl")) == "my-model-2"
    assert name_for(Path("§.pkl")) == "imported"


# Switching, in a window


def test_switching_inverts_the_open_photo_anew_and_undo_comes_back(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    session = opened.session
    session.set_edit("smile", 1.8)
    session.set_edit("age", 1.0)
    before = session.document
    assert before is not None
    with qtbot.waitSignal(opened.studio.model_used):
        opened.studio.use_model("cats", "model cats")
    assert session.model == CATS
    assert session.document is not None
    assert session.document.model == CATS
    assert session.edits == (("smile", 1.5),)  # held inside the slider's new end; age is none of cats'
    assert sorted(opened.edit_panel.rows) == ["smile", "whiskers"]
    assert session.undo_stack.undoText() == "model cats"
    qtbot.waitUntil(lambda: engine.frames[-1].model == CATS)

    opened.commands.undo.trigger()
    assert session.document is before
    assert session.model == MODEL
    assert dict(session.edits) == {"smile": 1.8, "age": 1.0}
    assert sorted(opened.edit_panel.rows) == ["age", "mouth_open", "smile"]
    qtbot.waitUntil(lambda: engine.frames[-1].inversion is before.inversion)
    assert engine.frames[-1].model == MODEL
    opened.commands.redo.trigger()
    assert session.model == CATS


def test_a_model_that_fails_changes_nothing_and_is_one_sentence(
    opened: MainWindow, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.session.content
    with qtbot.waitSignal(opened.studio.failed):
        opened.studio.use_model("worse", "model worse")
    assert opened.session.content is before
    assert opened.session.model == MODEL
    assert opened.error_dialog is not None
    assert opened.error_dialog.text() == "The model 'worse' is damaged; import it again."


def test_cancelling_a_switch_changes_nothing(opened: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    before = opened.session.content
    engine.gate.clear()
    engine.entered.clear()
    opened.studio.use_model("cats", "model cats")
    qtbot.waitUntil(engine.entered.is_set)
    with qtbot.waitSignal(opened.studio.cancelled):
        click(qtbot, opened.status.cancel_button)
    engine.gate.set()
    assert opened.session.content is before


def test_terms_are_asked_before_the_first_use_and_remembered(
    make_window: Callable[[FakeEngine], MainWindow], store: ModelStore, qtbot: QtBot
) -> None:
    class Careful(FakeEngine):
        """Asks the store as the real one does."""

        def _model_named(self, name: str | None) -> ModelInfo:
            if name == "official":
                store.check_accepted(name)
                return replace(CATS, name="official")
            return MODEL

    window = make_window(Careful())
    window.library._make_store = lambda: store
    with qtbot.waitSignal(window.session.model_changed):
        window.start(None)
    window.studio.use_model("official", "model official")
    qtbot.waitUntil(lambda: window.licence_dialog is not None)
    box = window.licence_dialog
    assert box is not None
    assert box.text() == "official is for non-commercial use only"
    assert PUBLISHER_LICENCE in box.informativeText()
    click(qtbot, box.button(QMessageBox.StandardButton.Cancel))
    assert window.session.model == MODEL
    qtbot.waitUntil(lambda: window.licence_dialog is None)

    window.studio.use_model("official", "model official")
    qtbot.waitUntil(lambda: window.licence_dialog is not None)
    with qtbot.waitSignal(window.studio.model_used):
        assert window.licence_dialog is not None
        click(qtbot, window.licence_dialog.button(QMessageBox.StandardButton.Yes))
    assert window.session.model is not None
    assert window.session.model.name == "official"
    assert store.accepted(store.entry("official"))


def test_new_weights_under_the_old_name_are_noticed_and_offered(
    opened: MainWindow, engine: FakeEngine, store: ModelStore, qtbot: QtBot
) -> None:
    opened.library._make_store = lambda: store
    first = replace(tiny_checkpoint(), origin=replace(tiny_checkpoint().origin, name="cats"))
    write_checkpoint(first, store.imported / "cats")
    engine.cats_weights = store.fingerprint("cats")
    with qtbot.waitSignal(opened.studio.model_used):
        opened.studio.use_model("cats", "model cats")
    assert not opened.model_notice.isVisible()

    generator = dict(first.weights["generator"])
    generator["decoder.net.2.bias"] = generator["decoder.net.2.bias"] + 1.0
    with qtbot.waitSignal(opened.library.replaced):
        write_checkpoint(
            replace(first, weights={**first.weights, "generator": generator}), store.imported / "cats"
        )
        opened.library.check()
    assert opened.model_notice.isVisible()
    engine.cats_weights = store.fingerprint("cats")
    with qtbot.waitSignal(opened.studio.model_used):
        click(qtbot, opened.model_notice.reload_button)
    assert not opened.model_notice.isVisible()
    assert opened.session.model is not None
    assert opened.session.model.fingerprint == store.fingerprint("cats")
    assert opened.session.undo_stack.undoText() == "new weights of cats"
    opened.commands.undo.trigger()
    assert opened.session.model.fingerprint != store.fingerprint("cats")


def test_keeping_the_old_weights_is_not_asked_again(opened: MainWindow, qtbot: QtBot) -> None:
    opened.model_notice.offer("painted", "newer")
    click(qtbot, opened.model_notice.keep_button)
    opened.model_notice.offer("painted", "newer")
    assert not opened.model_notice.isVisible()
    opened.model_notice.offer("painted", "newest")
    assert opened.model_notice.isVisible()


def test_model_files_dropped_on_the_window_go_to_the_dialog(
    window: MainWindow, store: ModelStore, qtbot: QtBot
) -> None:
    window.library._make_store = lambda: store
    drop(window, store.embedded / "own")
    assert window.models_dialog is not None
    dialog = window.models_dialog
    qtbot.waitUntil(lambda: dialog.import_dialog is not None)


def test_the_dialog_is_a_command_of_its_own(window: MainWindow, store: ModelStore, qtbot: QtBot) -> None:
    window.library._make_store = lambda: store
    with qtbot.waitSignal(window.library.listed):
        QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert window.models_dialog is not None
    assert window.models_dialog.isVisible()
    assert {"Models…", "Settings…"} <= {action.text() for action in window.commands.all}


def test_an_import_request_without_a_licence_notes_the_publishers(
    library: ModelLibrary, store: ModelStore, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(library.imported):
        library.import_(ImportRequest((store.imported / "official",), "again", "only on Sundays"))
    assert store.entry("again").licence == "only on Sundays"


def test_a_photo_opened_after_undoing_a_switch_is_inverted_by_the_model_that_is_shown(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(opened.studio.model_used):
        opened.studio.use_model("cats", "model cats")
    opened.commands.undo.trigger()
    with qtbot.waitSignal(opened.studio.opened):
        opened.studio.open(OpenRequest(Path("other.png")))
    assert engine.opened[-1].model == MODEL


def test_switching_while_a_photo_is_being_opened_switches_that_photo(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.gate.clear()
    opened.studio.open(OpenRequest(Path("other.png")))
    opened.studio.use_model("cats", "model cats")
    with qtbot.waitSignal(opened.studio.model_used):
        engine.gate.set()
    document = opened.session.document
    assert document is not None
    assert (document.name, document.model) == ("other", CATS)
