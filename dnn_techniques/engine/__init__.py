"""How a plain module is trained fast.

`attach` gives a Trainer another loop over an epoch. The module is trained by its own
`training_step` and optimizer, to the same weights; whatever the loop cannot do it leaves to
Lightning's own. The package works without this folder.
"""

from dnn_techniques.engine.attach import attach

__all__ = ["attach"]
