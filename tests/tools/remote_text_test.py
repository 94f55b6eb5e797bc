"""The check of .remote.text passes stubs that keep to themselves and finds each way out of them."""

import shutil
import subprocess
import unittest

import support
import remote_text

STUB = '[[gnu::section(".remote.text")]] '


class RemoteTextTest(support.ScratchTest):
    def offences(self, source: str, *, machine: str = "riscv64") -> list[str]:
        """What is found in the object file of this C++ source."""
        compiler = shutil.which("clang++-19")
        self.assertIsNotNone(compiler, "clang++-19 builds everything here; ./cw build installs it")
        path = self.write("stub.cpp", source)
        target = self.folder / "stub.o"
        flags = [f"--target={machine}-linux-gnu", "-O2", "-fPIC", "-ffreestanding", "-fno-asynchronous-unwind-tables"]
        subprocess.run([compiler, *flags, "-c", path, "-o", target], check=True)
        return remote_text.check(target)

    def test_stubs_that_keep_to_themselves_pass(self) -> None:
        source = (
            STUB + "__attribute__((noinline)) static long slowly(long (*const* ops)(long), long n) { return ops[1](n); }\n"
            + STUB + "extern long stub(long (*const* ops)(long), long n) { return n > 9 ? slowly(ops, n) : n * n; }\n"
            + "long other(long n) { return n; }\n"
        )
        for machine in ("riscv64", "x86_64"):
            with self.subTest(machine=machine):
                self.assertEqual(self.offences(source, machine=machine), [])

    def test_each_way_out_is_found(self) -> None:
        for name, source in (
            ("outside", "long outside(long); " + STUB + "long stub(long n) { return outside(n) + 1; }"),
            ("counter", "static long counter; " + STUB + "long stub(long n) { return counter += n; } long* p = &counter;"),
            ("CPI", STUB + "unsigned long stub(unsigned long n) { return n ^ 0x0123456789abcdef; }"),
            ("helper", "__attribute__((noinline)) long helper(long n) { return n * 3; } " + STUB
             + "long stub(long n) { return helper(n) + 1; }"),
            ("memset", STUB + "long stub(char* to, long n) { __builtin_memset(to, 0, n); return n; }"),
        ):
            with self.subTest(name=name):
                found = self.offences(source)
                self.assertTrue(found)
                for offence in found:
                    self.assertRegex(offence, rf"\.remote\.text refers at 0x[0-9a-f]+ to \S*{name}")

    def test_the_same_outside_of_the_section_is_nobodys_business(self) -> None:
        self.assertEqual(self.offences("long outside(long); long f(long n) { return outside(n) + 1; }"), [])

    def test_what_is_no_object_file_is_refused(self) -> None:
        path = self.write("stub.o", "text")
        self.assertIn("not a 64-bit little-endian ELF file", remote_text.check(path)[0])


if __name__ == "__main__":
    unittest.main()
