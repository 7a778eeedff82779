"""What all tests of fine-tuning need."""

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """One thread: many small products, and other tests beside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
