"""gdb commands for what a halted kernel has allocated; `./cw debug` loads this file.

cw-kmem               the sites, as the shell's `kmemtop` shows them
cw-kmem-break SITE    stops at the next allocations of a site

Sites are a list of objects at namespace scope (cw/nucleus/kmem.hpp); their counts are plain words, so a kernel that was
stopped within an allocation may show that one half counted.
"""

import gdb

FIRST = "cw::kernel::(anonymous namespace)::first_site"
ALLOCATED = "cw::kernel::AllocationSite::allocated()"
# The register with the first argument, `this`, at a function's first instruction.
FIRST_ARGUMENT = {"riscv:rv64": "$a0", "i386:x86-64": "$rdi"}


def text_of(view):
    """The text of a std::string_view."""
    return view["_M_str"].string(length=int(view["_M_len"]))


def sites():
    """(name, address, counts) of each site, read from the kernel's memory."""
    site = gdb.parse_and_eval(f"'{FIRST}'")
    found = []
    while int(site) != 0:
        counts = site["counts_"]
        found.append((text_of(site["name_"]), int(site), {field.name: int(counts[field]) for field in counts.type.fields()}))
        site = site["next_"]
    return found


def sites_or_error():
    """The same; the command ends if they cannot be read."""
    try:
        return sites()
    except gdb.MemoryError as error:
        raise gdb.GdbError(f"this processor does not see the kernel's memory at the moment: {error}")
    except gdb.error as error:
        raise gdb.GdbError(f"cannot read the kernel's sites: {error}")


class Kmem(gdb.Command):
    """Say what the nucleus has allocated, and where."""

    def __init__(self):
        super().__init__("cw-kmem", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        """Runs the command."""
        found = sites_or_error()
        print("SITE                        LIVE      BYTES  PAGES  PEAK BYTES ALLOCATIONS FAILED")
        for name, _, counts in sorted(found, key=lambda site: (-site[2]["live_bytes"], site[0])):
            columns = ("live", 8), ("live_bytes", 11), ("pages", 7), ("peak_bytes", 11), ("allocations", 12), ("failures", 7)
            print(f"{name:<24}" + "".join(f"{counts[column]:>{width}}" for column, width in columns))
        pages = sum(counts["pages"] for _, _, counts in found)
        print(f"{len(found)} sites hold {pages} pages")


class AtSite(gdb.Breakpoint):
    """Stops where one site has allocated. The allocator is the caller; `up` shows who wanted it."""

    def __init__(self, name, address):
        super().__init__(f"*'{ALLOCATED}'")
        self._name = name
        self._address = address

    def stop(self):
        """Whether to stop: `this` is the site."""
        register = FIRST_ARGUMENT[gdb.selected_frame().architecture().name()]
        if int(gdb.parse_and_eval(f"(unsigned long){register}")) != self._address:
            return False
        print(f"allocation of {self._name}")
        return True


class KmemBreak(gdb.Command):
    """Stop at allocations of a site: cw-kmem-break SITE."""

    def __init__(self):
        super().__init__("cw-kmem-break", gdb.COMMAND_BREAKPOINTS)

    def complete(self, text, word):
        """Names of sites."""
        return [name for name, _, _ in sites_or_error() if name.startswith(text)]

    def invoke(self, argument, from_tty):
        """Runs the command."""
        for name, address, _ in sites_or_error():
            if name == argument:
                AtSite(name, address)
                return
        raise gdb.GdbError(f"{argument or 'SITE'}: there is no such site; `cw-kmem` lists them")


Kmem()
KmemBreak()
