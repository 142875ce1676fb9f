"""What a user did wrong, said in one line."""


class InputError(ValueError):
    """An input that cannot be used; the message names the input and the remedy.

    The command line prints it as a single line and exits with status 2.
    """
