# SPDX-License-Identifier: MIT
"""What holds for all programs of the notes: how they are called, and that the table in examples/notes/ has a row for each."""
import os
import re
import unittest

from programs import BIN, FOLDER, path, run

EXAMPLES = os.path.join(FOLDER, "../../examples")
PROGRAMS = sorted(name for name in os.listdir(BIN) if re.fullmatch(r"(note|threaded)_\d+_\w+", name)) if os.path.isdir(BIN) else []


class Programs(unittest.TestCase):
    def test_each_says_how_it_is_called(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                status, output, errors = run(path(name), "--help")
                self.assertEqual((status, errors), (0, b""))
                self.assertRegex(output.decode(), rf"^usage: {name}( \[.*\])?    \(.+\)\n$")

    def test_those_of_the_network_have_the_address_of_the_note(self):
        addresses = {
            "000_udp_server": "127.0.0.1 3333", "000_udp_client": "127.0.0.1 3333", "000_multi_task_server": "127.0.0.1 13333",
            "001_udp_send_receive": "192.168.115.81 8080 8888", "001_udp_echo_server": "0.0.0.0 8888", "001_udp_chat": "0.0.0.0 8888",
            "001_file_download_server": "0.0.0.0 7788", "002_greeting_server": "127.0.0.1 5555", "002_greeting_client": "127.0.0.1 5555",
            "002_greeting_server_reuse": "127.0.0.1 5555", "002_greeting_multi_server": "192.168.24.148 5556",
            "002_long_connection_server": "127.0.0.1 5555", "002_long_connection_client": "127.0.0.1 5555",
            "002_file_upload_server": "192.168.24.148 6666", "002_file_upload_client": "192.168.24.148 6666 d:/绕口令.txt",
            "003_udp_send": "192.168.1.103 8080", "003_udp_chat_room": "0.0.0.0 7890"}
        for name, address in addresses.items():
            with self.subTest(program=name):
                self.assertIn(f"({address} unless they are given)", run(path("note_" + name), "--help")[1].decode())

    def test_too_many_arguments_are_a_usage_line_and_status_2(self):
        for name in ("note_000_udp_client", "note_001_udp_send_receive", "note_002_file_upload_client", "note_001_text_encoding", "threaded_004_udp_server"):
            with self.subTest(program=name):
                status, output, errors = run(path(name), "127.0.0.1", "80", "90", "x", "y")
                self.assertEqual((status, output), (2, b""))
                self.assertTrue(errors.startswith(f"usage: {name}".encode()), errors)

    def test_the_table_has_a_row_for_each_and_no_other(self):
        with open(os.path.join(EXAMPLES, "notes/README.md"), encoding="utf-8") as file:
            sections = re.split(r"^## (\d{3})$", file.read(), flags=re.MULTILINE)[1:]
        for note, text in zip(sections[::2], sections[1::2]):
            named = re.findall(r"^\|[^|]+\| `(\w+)` \|(?! not yet there)", text, flags=re.MULTILINE)
            files = [name.removesuffix(".cpp") for name in os.listdir(os.path.join(EXAMPLES, "notes", note))]
            self.assertEqual(sorted(named), sorted(files), note)
        self.assertEqual(sections[::2], ["000", "001", "002", "003", "004"])

    def test_each_server_has_a_twin(self):
        for note in ("000", "001", "002", "003", "004"):
            names = {each: set(os.listdir(os.path.join(EXAMPLES, each, note))) for each in ("notes", "threaded")}
            self.assertEqual({name for name in names["notes"] if "server" in name} - names["threaded"], set(), note)
            self.assertEqual(names["threaded"] - names["notes"], set(), note)


if __name__ == "__main__":
    unittest.main()
