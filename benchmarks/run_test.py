# SPDX-License-Identifier: MIT
"""That the tables say what was measured: ratios within a round, the median of rounds, and a dash for what is not known."""
import unittest

import cases
import peers
import tables


def results(**figures):
    return {"cases": {"echo_50": {name: [None if each is None else {"cpu_us": each} for each in rounds] for name, rounds in figures.items()}}}


class TablesTest(unittest.TestCase):
    def test_a_ratio_is_one_within_a_round(self):
        # The machine was twice as slow in the second round, for both: medians over all rounds would say 1.5.
        self.assertEqual(tables.ratios(results(epoll_echo=[2, 4, 2], rill_echo=[3, 4, 2.2]), "echo_50", "rill_echo"), (1.1, 1.0, 1.5))

    def test_a_round_that_failed_on_either_side_does_not_count(self):
        self.assertEqual(tables.ratios(results(epoll_echo=[2, None, 2], rill_echo=[2, 9, None]), "echo_50", "rill_echo"), (1, 1, 1))

    def test_a_server_without_figures_is_left_out(self):
        text = tables.of_kind(results(epoll_echo=[2], rill_echo=[3], uv_echo=[None]), "echo")
        self.assertIn("1.50 (1.50–1.50)", text)
        self.assertNotIn("tokio", text)
        self.assertRegex(text, r"libuv \| –")

    def test_what_a_proxy_holds_is_told_beside_the_bare_loop(self):
        def rounds(*each):
            return [{"bytes_each": kib * 1024, "resident_peak": 4 * tables.MEBIBYTE, "ahead_bytes": 8.5 * tables.MEBIBYTE} for kib in each]

        text = tables.held({"cases": {"proxy_slow": {"epoll_proxy": rounds(32, 16, 32), "rill_proxy": rounds(64, 64, 64)}}})
        self.assertRegex(text, r"rill\*\* \| 4\.00 \| 64\.0 \| 2\.00 \(2\.00–4\.00\) \| 8\.50")

    def test_memory_is_in_no_table_of_cpu_time(self):
        self.assertNotIn("slow", tables.of_kind({"cases": {"proxy_slow": {"epoll_proxy": [{"bytes_each": 1}]}}}, "proxy"))

    def test_each_kind_begins_with_its_bare_loop(self):
        for kind in {each.kind for each in peers.PEERS}:
            self.assertIn("epoll", next(each for each in peers.PEERS if each.kind == kind).name)

    def test_each_case_is_of_a_kind_that_has_servers(self):
        kinds = {each.kind for each in peers.PEERS}
        self.assertTrue(all(each.kind in kinds for each in cases.CASES))
        self.assertEqual(len({each.name for each in cases.CASES}), len(cases.CASES))


if __name__ == "__main__":
    unittest.main()
