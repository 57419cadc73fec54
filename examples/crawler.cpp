// SPDX-License-Identifier: MIT
// Follows the links of a web server, up to a thousand pages at the same time, and tells how many it has found.
//
//     python3 -m http.server --bind 127.0.0.1 8000       in another terminal
//     crawler 127.0.0.1 8000                             prints: 17 pages, 2 failed, 48213 bytes
//
// All is bounded: the connections, the pages, the bytes of a page, the time for it. So nothing that a server sends, or
// fails to send, can make it grow or hang. Ctrl-C ends it and tells what there is until then.
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <rill.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

constexpr std::size_t connections_max = 1'000;
constexpr std::size_t pages_max = 100'000;
constexpr std::size_t page_bytes_max = 1'000'000;
constexpr std::size_t path_bytes_max = 500;
constexpr auto page_limit = 30s;

class crawl {
  public:
    explicit crawl(rill::endpoint server) : server_(server) { note("/"); }

    /// The pages in the order of their distance from the first: all of one distance, then those that they have shown.
    rill::task<> run() {
        while (!found_.empty()) {
            const std::vector<std::string> now = std::exchange(found_, {});
            co_await rill::with_task_group(
                [&](rill::task_group& group) -> rill::task<> {
                    for (const std::string& path : now) {
                        co_await group.room();  // until one of the thousand has ended
                        group.spawn(visit(path));
                    }
                },
                connections_max);
        }
    }

    void report() const {
        std::cout << pages_ << " pages, " << failed_ << " failed, " << bytes_ << " bytes\n" << std::flush;
    }

  private:
    rill::task<> visit(std::string path) {
        const auto page = co_await rill::as_result(rill::timeout(page_limit, fetch(std::move(path))));
        if (!page) {
            ++failed_;
            co_return;
        }
        ++pages_;
        bytes_ += page.value().size();
        constexpr std::string_view link = "href=\"/";
        const std::string_view text = page.value();
        for (std::size_t at = text.find(link); at != std::string_view::npos; at = text.find(link, at + 1)) {
            const std::size_t begin = at + link.size() - 1;
            const std::size_t size = text.substr(begin, path_bytes_max).find_first_of("\"# \r\n");
            if (size != std::string_view::npos) note(std::string(text.substr(begin, size)));
        }
    }

    rill::task<std::string> fetch(std::string path) const {
        auto stream = co_await rill::tcp_stream::connect(server_);
        co_await stream.send_all("GET ", path, " HTTP/1.0\r\n\r\n");
        std::string page;
        std::array<char, 4096> piece;
        while (const std::size_t size = co_await stream.recv(piece)) {
            if (page.size() + size > page_bytes_max)
                throw std::system_error(std::make_error_code(std::errc::file_too_large));
            page.append(piece.data(), size);
        }
        if (!page.starts_with("HTTP/1.") || page.find(" 200 ") != 8)
            throw std::system_error(std::make_error_code(std::errc::bad_message));
        co_return page;
    }

    void note(std::string path) {
        if (seen_.size() < pages_max && seen_.insert(path).second) found_.push_back(std::move(path));
    }

    rill::endpoint server_;
    std::set<std::string> seen_;
    std::vector<std::string> found_;  // and not visited yet
    std::size_t pages_ = 0, failed_ = 0, bytes_ = 0;
};

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& server) {
        crawl all(server);
        rill::run(all.run(), rill::stop_on(SIGINT, SIGTERM));
        all.report();
    });
}
