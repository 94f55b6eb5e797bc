"""The one exception that ends a command with a message for a person instead of a Python trace."""


class Failure(Exception):
    """What went wrong and, where known, what to do about it. `status` becomes the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
