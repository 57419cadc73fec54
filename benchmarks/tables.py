# SPDX-License-Identifier: MIT
"""From the figures of the rounds to tables: each figure is divided by that of the bare loop in the same round; then the median counts, and
the smallest and largest are told."""
import statistics

import cases
import peers

MEBIBYTE = 1024 * 1024


def rounds_of(results, case, name):
    return results["cases"].get(case, {}).get(name, [])


def ratios(results, case, name):
    """(median, least, most) of a server to the bare loop, over the rounds in which both have a figure; None: there is none."""
    chosen = cases.named([case])[0]
    base = next(each.name for each in peers.PEERS if each.kind == chosen.kind)
    pairs = zip(rounds_of(results, case, name), rounds_of(results, case, base))
    found = sorted(mine[chosen.figure] / bare[chosen.figure] for mine, bare in pairs if mine and bare)
    return (statistics.median(found), found[0], found[-1]) if found else None


def median_of(results, case, name, figure):
    found = [each[figure] for each in rounds_of(results, case, name) if each and figure in each]
    return statistics.median(found) if found else None


def number(value):
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return "\n".join([row(*head), row(*["---"] * len(head)), *(row(*each) for each in rows)]) + "\n"


def of_kind(results, kind):
    """The table of one kind of server: ratios of CPU time to the bare loop's."""
    chosen = [each for each in cases.CASES if each.kind == kind and each.figure == "cpu_us" and each.name in results["cases"]]
    if not chosen:
        return ""
    rows = []
    for peer in (each for each in peers.PEERS if each.kind == kind):
        if not any(rounds_of(results, case.name, peer.name) for case in chosen):
            continue
        cells = []
        for case in chosen:
            found = ratios(results, case.name, peer.name)
            if found is None:
                cells.append("–")
            elif peer is next(each for each in peers.PEERS if each.kind == kind):
                cells.append(f"1 ({number(median_of(results, case.name, peer.name, case.figure))} µs)")
            else:
                cells.append("{:.2f} ({:.2f}–{:.2f})".format(*found))
        rows.append([peer.label, *cells])
    return table(["server's CPU to the bare loop's", *(each.label for each in chosen)], rows)


def rates(results):
    """How many datagrams one core moves, server and load together: by CPU time, since other programs take part of the time that passes."""
    chosen = [each for each in cases.CASES if each.kind == "datagrams" and each.name in results["cases"]]
    rows = []
    for peer in (each for each in peers.PEERS if each.kind == "datagrams"):
        cells = []
        for case in chosen:
            pairs = zip(rounds_of(results, case.name, peer.name), rounds_of(results, case.name, "epoll_datagrams"))
            found = sorted((bare["cpu_us"] + bare["load_cpu_us"]) / (mine["cpu_us"] + mine["load_cpu_us"]) for mine, bare in pairs if mine and bare)
            cells.append(f"{statistics.median(found):.2f} ({found[0]:.2f}–{found[-1]:.2f})" if found else "–")
        if any(each != "–" for each in cells):
            rows.append([peer.label, *cells])
    return table(["rate on one core to the bare loop's", *(each.label for each in chosen)], rows) if rows else ""


def latencies(results):
    chosen = [each for each in cases.CASES if each.apart and each.name in results["cases"]]
    if not chosen:
        return ""
    rows = []
    for peer in (each for each in peers.PEERS if each.kind == "echo"):
        cells = []
        for case in chosen:
            for figure in ("p50_us", "p99_us", "p99.9_us"):
                cells.append(number(median_of(results, case.name, peer.name, figure)))
        if any(each != "–" for each in cells):
            rows.append([peer.label, *cells])
    head = [f"{case.label}: {figure}" for case in chosen for figure in ("p50", "p99", "p99.9")]
    return table(["latency, µs", *head], rows)


def held(results):
    """What proxies hold for readers that are slow: memory, and how far the source gets ahead, which the kernel's buffers are a part of."""
    chosen = [each for each in cases.CASES if each.figure == "bytes_each" and each.name in results["cases"]]
    rows = []
    for case in chosen:
        for peer in (each for each in peers.PEERS if each.kind == case.kind):
            found = ratios(results, case.name, peer.name)
            if found:
                peak, each, ahead = (median_of(results, case.name, peer.name, figure) for figure in ("resident_peak", "bytes_each", "ahead_bytes"))
                rows.append([peer.label, number(peak / MEBIBYTE), number(each / 1024), "{:.2f} ({:.2f}–{:.2f})".format(*found), number(ahead / MEBIBYTE)])
    return table(["memory of a proxy with 50 slow readers", "resident at most, MiB", "KiB that came with a client", "to the bare loop's",
                  "MiB a source was ahead of its reader, at most"], rows) if rows else ""


def counted(results):
    """The figures that do not depend on the machine's mood."""
    if not results.get("counts"):
        return ""
    rows = []
    for peer in peers.PEERS:
        found = results["counts"].get(peer.name)
        if found:
            rows.append([peer.label, *(number(found.get(each)) for each in
                                       ("instructions", "calls", "allocations_echo", "allocations_connection", "idle_10000", "idle_18000"))])
    return table(["", "instructions an echo", "system calls an echo", "allocations an echo", "allocations a connection",
                  "bytes an idle connection, of 10 000", "of 18 000"], rows)


def all_tables(results):
    return "\n".join(filter(None, [counted(results), of_kind(results, "echo"), of_kind(results, "datagrams"), rates(results),
                                   of_kind(results, "files"), of_kind(results, "proxy"), held(results), latencies(results)]))
