// SPDX-License-Identifier: MIT
// Prints a checksum (FNV-1a, 64 bits) and the name of each file that it is given, in the order of the arguments.
//
//     checksum_files README.md CHANGELOG.md        prints: 9e3779b97f4a7c15  README.md ...
//
// Reading a file blocks its thread, so it happens on other threads, four at a time; the loop stays free. A file that can't
// be read is a line on stderr, and then the exit status is 1. Ctrl-C ends it after the pieces that are just read.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <rill.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// Runs on another thread. A stop of the coroutine that waits for it is told by the token.
std::uint64_t checksum(const rill::stop_token& stop, const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory), path);
    std::uint64_t sum = 14'695'981'039'346'656'037U;
    std::array<char, 64 * 1024> piece;
    while (!stop.stop_requested() && (file.read(piece.data(), piece.size()) || file.gcount() > 0))
        std::for_each_n(piece.data(), file.gcount(),
                        [&](char byte) { sum = (sum ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U; });
    if (file.bad()) throw std::system_error(std::make_error_code(std::errc::io_error), path);
    return sum;
}

rill::task<std::string> line_for(std::string path) {
    // An error of one file is a value here, so that the others are not stopped by it.
    const auto sum = co_await rill::as_result(rill::blocking(checksum, path));
    if (!sum) {
        std::fprintf(stderr, "checksum_files: %s: %s\n", path.c_str(), sum.error().message().c_str());
        co_return std::string();
    }
    std::array<char, 20> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx  ", static_cast<unsigned long long>(sum.value()));
    co_return digits.data() + path + '\n';
}

rill::task<int> program(std::vector<std::string> paths) {
    std::vector<rill::task<std::string>> files;
    files.reserve(paths.size());
    for (std::string& path : paths) files.push_back(line_for(std::move(path)));
    int status = 0;
    for (const std::string& line : co_await rill::when_all(std::move(files))) {
        if (line.empty()) status = 1;
        std::fputs(line.c_str(), stdout);
    }
    co_return status;
}

int main(int argc, char** argv) try {
    const auto status = rill::run(program(std::vector<std::string>(argv + std::min(argc, 1), argv + argc)),
                                  rill::stop_on(SIGINT, SIGTERM));
    return status.value_or(130);
} catch (const std::exception& error) {
    std::fprintf(stderr, "checksum_files: %s\n", error.what());
    return 1;
}
