// SPDX-License-Identifier: MIT
// Loads a server, checks every byte of its answers, and prints one line of JSON.
//
//     rill_load closed|open|churn|storm|idle|datagrams|download|through|slow_reader host:port [name=number]...
//
// The names, and what they are when they are not given, stand in options.hpp. Exits with 1 and a line on stderr when an
// answer is wrong or missing. benchmarks/run.py is the one who calls it.
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "churn.hpp"
#include "closed_loop.hpp"
#include "datagrams.hpp"
#include "download.hpp"
#include "idle.hpp"
#include "open_loop.hpp"
#include "slow_reader.hpp"
#include "storm.hpp"
#include "through.hpp"

namespace {

load::report run(const load::options& wanted) {
    if (wanted.mode == "closed") return load::run_closed_loop(wanted);
    if (wanted.mode == "open") return load::run_open_loop(wanted);
    if (wanted.mode == "churn") return load::run_churn(wanted);
    if (wanted.mode == "storm") return load::run_storm(wanted);
    if (wanted.mode == "idle") return load::run_idle(wanted);
    if (wanted.mode == "datagrams") return load::run_datagrams(wanted);
    if (wanted.mode == "download") return load::run_download(wanted);
    if (wanted.mode == "through") return load::run_through(wanted);
    if (wanted.mode == "slow_reader") return load::run_slow_reader(wanted);
    throw std::invalid_argument("no such mode: " + wanted.mode);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        run(load::options_from(count, arguments)).print();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "rill_load: %s\n", error.what());
        return 1;
    }
}
