"""gdb commands for a running Causeway system; `./cw debug` loads this file.

cw-modules    says which modules are loaded, and loads the symbols of each at the one address it has

The kernel keeps `cw_debug_modules`, an array of struct {char name[64]; uint64_t base;} that an empty name ends, and
calls `cw_debug_modules_changed` after each change. A breakpoint there keeps gdb's symbols in line by itself.
"""

import os

import gdb

TABLE = "cw_debug_modules"
CHANGED = "cw_debug_modules_changed"
SUFFIXES = (".cwm.debug", ".elf", ".cwm")


def symbol_file(folders, name):
    """The file with a module's symbols, or None."""
    for folder in folders:
        for suffix in SUFFIXES:
            path = os.path.join(folder, name + suffix)
            if os.path.exists(path):
                return path
    return None


def loaded_modules():
    """(name, base) of every loaded module, read from the kernel's memory."""
    table = gdb.parse_and_eval(TABLE)
    first, last = table.type.range()
    modules = []
    for index in range(first, last + 1):
        name = table[index]["name"].string(errors="replace")
        if not name:
            break
        modules.append((name, int(table[index]["base"])))
    return modules


class Modules(gdb.Command):
    """Say which modules are loaded, and load the symbols of each."""

    def __init__(self):
        super().__init__("cw-modules", gdb.COMMAND_FILES)
        self._known = {}

    def folders(self):
        """Where module files are, and the vDSO: the kernel's folder and those beside it in the build."""
        kernel = os.path.dirname(gdb.current_progspace().filename)
        build = os.path.dirname(kernel)
        return [kernel, os.path.join(build, "modules"), os.path.join(build, "tests")]

    def refresh(self):
        """Brings gdb's symbols in line with the kernel's table."""
        current = dict(loaded_modules())
        for name in [name for name, base in self._known.items() if current.get(name) != base]:
            del self._known[name]
            if path := symbol_file(self.folders(), name):
                gdb.execute(f"remove-symbol-file {path}", to_string=True)
        for name in [name for name in current if name not in self._known]:
            base = self._known[name] = current[name]
            if path := symbol_file(self.folders(), name):
                gdb.execute(f"add-symbol-file {path} -o {base:#x}", to_string=True)
            else:
                print(f"{name} at {base:#x}: no symbols found")

    def invoke(self, argument, from_tty):
        """Runs the command."""
        try:
            self.refresh()
        except gdb.MemoryError:
            # In a process, or before paging is on. The symbols have followed the table up to here.
            print("this processor does not see the kernel's memory at the moment; known so far:")
        except gdb.error as error:
            raise gdb.GdbError(f"cannot read the kernel's module table {TABLE}: {error}")
        for name, base in self._known.items():
            print(f"{name} at {base:#x}")
        if not self._known:
            print("no module is loaded yet")


class Changed(gdb.Breakpoint):
    """Brings symbols in line whenever the kernel's table has changed, without stopping."""

    def __init__(self, command):
        super().__init__(CHANGED, internal=True)
        self.silent = True
        self._command = command

    def stop(self):
        """Tells gdb to go on."""
        try:
            self._command.refresh()
        except gdb.error as error:
            print(f"cw-modules: {error}")
        return False


Changed(Modules())
