"""The techniques of training deep neural networks, exact to the Keras runs that taught them.

Import what you need from the parts: ``dnn_techniques.layers``, ``dnn_techniques.modules``,
``dnn_techniques.data``. This file imports none of them, so that ``list`` and ``--help`` are quick.
"""

__version__ = "0.1.0"
