"""A service and the module of its tests, in every placement of both: what to type, and what must be seen.

The tests of module NAME are the module NAME_test. Beside the placements, the link of each pair is expected: a test
that silently took another path would show nothing.
"""

from dataclasses import dataclass

# Where the service may be: the option of modprobe, and how the shell says it.
SERVICE = {
    "kernel": ("", "kernel"),
    "user-process": ("--user-process ", "user-process, a new domain"),
    "sync-caller": ("--sync-caller ", "sync-caller"),
    "domain": ("--domain=shell ", "domain shell"),
}
# Where its tests may be then, and how they are linked to it.
LINKS = {
    "kernel": {"kernel": "ring", "user-process": "ring", "sync-caller": "ring"},
    "user-process": {"kernel": "ring", "user-process": "ring", "sync-caller": "ring", "domain": "direct"},
    "sync-caller": {"kernel": "direct", "user-process": "syscall", "sync-caller": "direct"},
    "domain": {"domain": "direct"},  # all three in the shell's process
}


@dataclass(frozen=True)
class Walk:
    """The commands, and what they show if all is well."""

    commands: tuple[str, ...]
    expect: tuple[str, ...]


def walk(service: str) -> Walk:
    """Every placement of the service with every placement of its tests."""
    tests = f"{service}_test"
    commands: list[str] = []
    expect: list[str] = []
    for where, links in LINKS.items():
        option, said = SERVICE[where]
        commands.append(f"modprobe {option}{service}")
        expect.append(f"^load {service}: {said}$")
        for place, link in links.items():
            beside = f"--domain={'shell' if where == 'domain' else service} "
            commands.append(f"test {beside if place == 'domain' else SERVICE[place][0]}{tests}")
            expect.append(rf"^  {tests} -> {service}\.\w+ in {service}: {link}$")
            expect.append(rf"^@tests module={tests} placement={place} passed=[1-9]\d* failed=0$")
        commands.append(f"rmmod {service}")
        expect.append(f"^unloaded {service}$")
    return Walk(tuple(commands), tuple(expect))
