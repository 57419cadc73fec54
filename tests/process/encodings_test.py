# SPDX-License-Identifier: MIT
"""The encodings of the examples against Python's codecs, whole and in pieces."""
import random
import unittest

from notes import existing
from programs import run

TEXTS = ["", "plain", "你好，世界", "重庆 GBK ｆｕｌｌ ①②③ αβγ абв いろは ㈱", "丂乀亂亄", "a" * 5000 + "中" * 5000]


class Encodings(unittest.TestCase):
    def setUp(self):
        self.seed = random.randrange(1 << 32)
        self.random = random.Random(self.seed)
        self.filter = existing("encoding_filter")

    def answer(self, what, errors, piece, data):
        status, output, _ = run(self.filter, what, errors, str(piece), stdin=data)
        return output if status == 0 else None

    def expected(self, codec, errors, data):
        try:
            return data.decode(codec, errors).encode()
        except UnicodeDecodeError:
            return None

    def compare(self, what, codec, data):
        for errors in ("strict", "replace"):
            for piece in (1, 2, 3, 1 << 20):
                with self.subTest(what=what, errors=errors, piece=piece, data=data[:100], seed=self.seed):
                    self.assertEqual(self.answer(what, errors, piece, data), self.expected(codec, errors, data))

    def test_texts_are_decoded_however_they_are_cut(self):
        for text in TEXTS:
            self.compare("utf8-decode", "utf-8", text.encode())
            self.compare("gbk-decode", "gbk", text.encode("gbk"))
        self.compare("utf8-decode", "utf-8", "🙂 \U0010ffff \u0800 \ud7ff \ue000".encode())

    def test_what_is_no_text_is_refused_or_replaced_as_python_does_it(self):
        for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xbd", b"\xf0\x9f\x99", b"a\xe4b", b"\xe4\xbd\xe4\xbd\xa0", b"\x80\xbf"):
            self.compare("utf8-decode", "utf-8", data)
        for data in (b"\xff", b"\xc4", b"\xc4\xe3\xba", b"\xc4\x31\xc4\xe3", b"\xc4\x7f", b"\xc4\xff", b"\xfe\xfe", b"a\xc4\n"):
            self.compare("gbk-decode", "gbk", data)

    def test_bytes_at_random_are_decoded_as_python_does_it(self):
        for _ in range(4):
            parts = ["你".encode(), b"\xe4", b"\xbd", b"a", b"\xf0\x9f\x99\x82", b"\xf0\x9f", b"\xed", b"\xa0", b"\xff", b"\xc3", b"\xa9"]
            self.compare("utf8-decode", "utf-8", b"".join(self.random.choices(parts, k=30)))
            parts = ["你".encode("gbk"), b"\xc4", b"a", b"0", b"\xff", b"\xba\xc3", b"\x7f"]
            self.compare("gbk-decode", "gbk", b"".join(self.random.choices(parts, k=30)))

    def test_texts_are_encoded(self):
        for text in TEXTS + ["好🙂é\ufffd", "\u4dae"]:
            for errors in ("strict", "replace"):
                try:
                    expected = text.encode("gbk", errors)
                except UnicodeEncodeError:
                    expected = None
                with self.subTest(text=text[:20], errors=errors):
                    self.assertEqual(self.answer("gbk-encode", errors, 1, text.encode()), expected)
        self.assertIsNone(self.answer("gbk-encode", "strict", 1, b"\xff"))
        self.assertEqual(self.answer("gbk-encode", "replace", 1, b"a\xffb"), b"a?b")


if __name__ == "__main__":
    unittest.main()
