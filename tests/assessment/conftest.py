import nbformat
import pytest
import torch

SALT = "a salt for tests, of enough characters"


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """On a handful of numbers, threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def a_course(tmp_path_factory):
    """A class's folder with all chapters drawn and the student versions made."""
    pytest.importorskip("nbgrader", reason="the extra `instructor` is not installed")
    from assessment import course

    folder = tmp_path_factory.mktemp("class")
    course.write_sources(folder, "spring", SALT)
    for name in course.assignments(folder):
        course.student_version(folder, name)
    return folder


@pytest.fixture
def books():
    """books(folder, step) -> the notebooks there, by assignment."""

    def read(folder, step):
        return {path.parent.name: nbformat.read(path, 4) for path in sorted((folder / step).glob("ch*/*.ipynb"))}

    return read
