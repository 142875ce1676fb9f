import os
from typing import Any

import pytest


@pytest.fixture(scope="session")
def keras() -> Any:
    """tf_keras, imported when a test asks for it: the fast run has no TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf_keras

    # On the CPU, where both sides compute alike and the nets are too small for threads.
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    return tf_keras
