// SPDX-License-Identifier: MIT
#include <rill/net/file_transfer.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#ifndef _WIN32
#include <sys/stat.h>
#endif

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/tcp_pair.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::file_range;
using rill::owned_handle;
using rill::task;
using rill::when_all;
using support::connected;
using support::rest_of;

/// A text in which each place is known.
std::string remembered_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t index = 0; index < size; ++index) text[index] = static_cast<char>('a' + index * 7 % 26);
    return text;
}

void write_text(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string text_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

owned_handle opened(const std::string& path, rill::backend::file_access how) {
    std::intptr_t file = -1;
    REQUIRE_FALSE(rill::backend::open_file(path.c_str(), how, file));
    return owned_handle(file);
}

/// A stream that is no socket: it can only be sent to, and gives what it was given.
class text_stream {
  public:
    explicit text_stream(std::string text = {}) : left_(std::move(text)) {}

    template <class Bytes>
    task<> send_all(Bytes bytes) {
        taken.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        co_return;
    }
    template <class Bytes>
    task<std::size_t> recv(Bytes room) {
        const std::size_t size = std::min<std::size_t>({room.size(), left_.size(), 1000});
        std::copy_n(left_.data(), size, reinterpret_cast<char*>(room.data()));
        left_.erase(0, size);
        co_return size;
    }

    std::string taken;

  private:
    std::string left_;
};

}  // namespace

TEST_CASE("a file arrives as it is: empty, small, and larger than every buffer", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{262'144}, std::size_t{5'000'000}}) {
        INFO("size " << size);
        const std::string text = remembered_text(size);
        write_text(folder / "from", text);
        write_text(folder / "to", "what was there before, which is longer than nothing");
        backend.run([&]() -> task<> {
            auto pair = co_await connected();
            auto sender = [&]() -> task<std::uint64_t> {
                const std::uint64_t sent = co_await rill::send_file(pair.client, folder / "from");
                pair.client.shutdown_send();
                co_return sent;
            };
            auto [sent, received] = co_await when_all(sender(), rill::recv_file(pair.server, folder / "to"));
            CHECK(sent == size);
            CHECK(received == size);
        });
        CHECK(text_of_file(folder / "to") == text);
    }
}

TEST_CASE("a part of a file is sent and received, and what comes behind it stays in the stream", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    write_text(folder / "from", "0123456789");
    write_text(folder / "to", "..........");
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        const std::uint64_t sent = co_await rill::send_file(pair.client, folder / "from", file_range(2, 5));
        CHECK(sent == 5);
        co_await pair.client.send_all("rest");
        const std::uint64_t received = co_await rill::recv_file(pair.server, folder / "to", file_range(3, 5));
        CHECK(received == 5);
        const std::string rest = co_await support::text_of(pair.server, 4);
        CHECK(rest == "rest");
        const std::uint64_t less = co_await rill::send_file(pair.client, folder / "from", file_range(8, 100));
        CHECK(less == 2);  // the file ended
        const std::uint64_t behind = co_await rill::send_file(pair.client, folder / "from", file_range(11));
        CHECK(behind == 0);
        const std::uint64_t nothing = co_await rill::send_file(pair.client, folder / "from", file_range(0, 0));
        CHECK(nothing == 0);
    });
    CHECK(text_of_file(folder / "to") == "...23456..");
}

TEST_CASE("an open file is sent and received, and its own place does not move", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    write_text(folder / "from", "0123456789");
    const owned_handle from = opened(folder / "from", rill::backend::file_access::read);
    const owned_handle to = opened(folder / "to", rill::backend::file_access::write);
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        for (int round = 0; round < 2; ++round) {
            const std::uint64_t sent = co_await rill::send_file(pair.client, from);
            CHECK(sent == 10);
            const std::uint64_t received = co_await rill::recv_file(pair.server, to, file_range(0, 10));
            CHECK(received == 10);
        }
    });
    CHECK(text_of_file(folder / "to") == "0123456789");
}

TEST_CASE("progress tells how much is done, up to the whole", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    const std::string text = remembered_text(3'000'000);
    write_text(folder / "from", text);
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        std::vector<std::uint64_t> sent, received;
        auto note_sent = [&](std::uint64_t bytes) { sent.push_back(bytes); };
        auto sender = rill::send_file(pair.client, folder / "from", file_range(), note_sent);
        auto receiver = rill::recv_file(pair.server, folder / "to", file_range(0, text.size()),
                                        [&](std::uint64_t bytes) { received.push_back(bytes); });
        co_await when_all(std::move(sender), std::move(receiver));
        for (const auto& each : {sent, received}) {
            CHECK(each.size() > 1);
            CHECK(std::is_sorted(each.begin(), each.end()));
            CHECK(each.back() == text.size());
        }
    });
    CHECK(text_of_file(folder / "to") == text);
}

TEST_CASE("bytes behind the first 4 GiB of a file are sent and received", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    constexpr std::uint64_t far = (std::uint64_t{1} << 32) + 12'345;
    {
        std::ofstream file(folder / "from", std::ios::binary);
        file.seekp(static_cast<std::streamoff>(far));
        file << "behind";  // the rest is a hole
    }
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        const std::uint64_t sent = co_await rill::send_file(pair.client, folder / "from", file_range(far - 1));
        CHECK(sent == 7);
        const std::uint64_t received = co_await rill::recv_file(pair.server, folder / "to", file_range(far, 7));
        CHECK(received == 7);
    });
    CHECK(std::filesystem::file_size(folder / "to") == far + 7);
    std::ifstream file(folder / "to", std::ios::binary);
    file.seekg(static_cast<std::streamoff>(far));
    std::string text(7, '#');
    file.read(text.data(), 7);
    CHECK(text == std::string(1, '\0') + "behind");
}

TEST_CASE("a file of more than 4 GiB is sent whole", "[file][heavy]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    constexpr std::uint64_t size = (std::uint64_t{1} << 32) + 3;
    write_text(folder / "from", "begin");
    std::filesystem::resize_file(folder / "from", size);
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        auto receiver = [&]() -> task<std::uint64_t> {
            std::vector<char> buffer(1024UL * 1024);
            std::uint64_t received = 0;
            while (const std::size_t got = co_await pair.server.recv(buffer)) received += got;
            co_return received;
        };
        auto sender = [&]() -> task<std::uint64_t> {
            const std::uint64_t sent = co_await rill::send_file(pair.client, folder / "from");
            pair.client.close();
            co_return sent;
        };
        auto [sent, received] = co_await when_all(sender(), receiver());
        CHECK(sent == size);
        CHECK(received == size);
    });
}

TEST_CASE("a peer that leaves halfway ends send_file with an error, and nobody is killed", "[file]") {
    ON_EVERY_BACKEND(backend);
    CHECK(support::native::broken_pipes_kill());
    const support::scratch_folder folder;
    write_text(folder / "from", remembered_text(20'000'000));
    const bool reset = GENERATE(false, true);
    INFO("reset " << reset);
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        if (reset) support::native::reset_when_closed(pair.server);
        auto leaver = [&]() -> task<> {
            std::string some(100'000, '\0');
            co_await pair.server.recv_exactly(some);
            pair.server.close();
        };
        auto [ended, left] = co_await when_all(as_result(rill::send_file(pair.client, folder / "from")), leaver());
        const bool told = ended.error() == std::errc::connection_reset || ended.error() == std::errc::broken_pipe;
        INFO(ended.error() << ' ' << ended.error().message());
        CHECK(told);
        const auto again = co_await as_result(rill::send_file(pair.client, folder / "from"));
        CHECK(again.error());
    });
}

TEST_CASE("a peer that leaves before all has come ends recv_file with end_of_stream, and the file has what came",
          "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("half");
        pair.client.close();
        const auto ended = co_await as_result(rill::recv_file(pair.server, folder / "to", file_range(0, 8)));
        CHECK(ended.error() == rill::errc::end_of_stream);
    });
    CHECK(text_of_file(folder / "to") == "half");
}

TEST_CASE("a file that can't be opened, read or written is an error with its path", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        const auto missing = co_await as_result(rill::send_file(pair.client, folder / "missing"));
        CHECK(missing.error() == std::errc::no_such_file_or_directory);
        CHECK_THAT(support::message_of(missing),
                   Catch::Matchers::StartsWith("send_file \"") && Catch::Matchers::Contains("missing"));
        const auto no_folder = co_await as_result(rill::recv_file(pair.server, folder / "no/folder"));
        CHECK(no_folder.error() == std::errc::no_such_file_or_directory);
        const auto directory = co_await as_result(rill::send_file(pair.client, folder / "."));
        CHECK(directory.error());
        const owned_handle closed;
        const auto nothing = co_await as_result(rill::send_file(pair.client, closed));
        CHECK(nothing.error() == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("a FIFO is no file, and its other end is not waited for", "[file]") {
#ifdef _WIN32
    WARN("skipped: no folder has a FIFO here");
#else
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    const std::string fifo = folder / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        const auto sent = co_await as_result(rill::send_file(pair.client, fifo));
        CHECK(sent.error() == std::errc::invalid_seek);
        const auto unread = co_await as_result(rill::recv_file(pair.server, fifo));
        CHECK(unread.error() == std::errc::no_such_device_or_address);
        const owned_handle reader = opened(fifo, rill::backend::file_access::read);
        co_await pair.client.send_all("a");
        const auto received = co_await as_result(rill::recv_file(pair.server, fifo, file_range(0, 1)));
        CHECK(received.error() == std::errc::invalid_seek);
    });
#endif
}

TEST_CASE("a disk without room ends recv_file with no_space_on_device", "[file]") {
    ON_EVERY_BACKEND(backend);
    if (!std::filesystem::exists("/dev/full")) {
        WARN("skipped: no disk here is full");
        return;
    }
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("hello");
        const auto full = co_await as_result(rill::recv_file(pair.server, "/dev/full", file_range(0, 5)));
        CHECK(full.error() == std::errc::no_space_on_device);
    });
}

TEST_CASE("what the system can't send is copied: a stream that is no socket, a file that is no file", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    const std::string text = remembered_text(100'000);
    write_text(folder / "from", text);
    backend.run([&]() -> task<> {
        text_stream any(text);
        const std::uint64_t sent = co_await rill::send_file(any, folder / "from", file_range(1));
        CHECK(sent == text.size() - 1);
        CHECK(any.taken == text.substr(1));
        const std::uint64_t received = co_await rill::recv_file(any, folder / "to");
        CHECK(received == text.size());
        if (!std::filesystem::exists("/dev/zero")) co_return;
        auto pair = co_await connected();
        std::string zeros(100'000, '#');
        co_await when_all(rill::send_file(pair.client, "/dev/zero", file_range(0, zeros.size())),
                          pair.server.recv_exactly(zeros));
        CHECK(zeros == std::string(100'000, '\0'));
    });
    CHECK(text_of_file(folder / "to") == text);
}

TEST_CASE("send_file is stopped while it waits for room, and closes its file", "[file]") {
    ON_EVERY_BACKEND(backend);  // which also counts the descriptors
    const support::scratch_folder folder;
    write_text(folder / "from", remembered_text(20'000'000));
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        const auto late = co_await as_result(rill::timeout(10ms, rill::send_file(pair.client, folder / "from")));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        const auto receive = co_await as_result(rill::timeout(1ms, rill::recv_file(pair.client, folder / "to")));
        CHECK(receive.error() == rill::errc::deadline_exceeded);
        auto intruder = [&]() -> task<> {
            const auto second = co_await as_result(pair.client.send("a"));
            CHECK(second.error() == std::errc::operation_in_progress);
            pair.client.close();
        };
        auto [ended, nothing] = co_await when_all(as_result(rill::send_file(pair.client, folder / "from")), intruder());
        CHECK(ended.error() == std::errc::operation_canceled);
    });
}

TEST_CASE("a transfer whose stream closes between two pieces is canceled", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    write_text(folder / "from", remembered_text(20'000'000));
    backend.run([&]() -> task<> {
        auto up = co_await connected();
        auto down = co_await connected();
        const auto close_receiver = [&](std::uint64_t) { up.server.close(); };
        const auto close_sender = [&](std::uint64_t) { down.client.close(); };
        const rill::file_range all;
        co_await up.client.send_all("abc");
        const auto received = co_await as_result(rill::recv_file(up.server, folder / "to", all, close_receiver));
        CHECK(received.error() == std::errc::operation_canceled);
        // Its peer stays: the pending TransmitFile of wine does not hear of a reset.
        auto [sent, text] = co_await when_all(
            as_result(rill::send_file(down.client, folder / "from", all, close_sender)), rest_of(down.server));
        CHECK(sent.error() == std::errc::operation_canceled);
        CHECK(text.size() < 20'000'000);
    });
}

TEST_CASE("a transfer whose stream closes after the last piece has its value", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    write_text(folder / "from", "abc");
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        const auto close_sender = [&](std::uint64_t) { pair.client.close(); };
        const auto close_receiver = [&](std::uint64_t) { pair.server.close(); };
        const file_range whole(0, 3);
        const auto sent = co_await as_result(rill::send_file(pair.client, folder / "from", whole, close_sender));
        CHECK(sent.value() == 3);
        const auto received = co_await as_result(rill::recv_file(pair.server, folder / "to", whole, close_receiver));
        CHECK(received.value() == 3);
    });
    CHECK(text_of_file(folder / "to") == "abc");
}

TEST_CASE("nothing of a transfer happens before it is awaited", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        {
            auto never = rill::recv_file(pair.server, folder / "to");
            auto neither = rill::send_file(pair.client, folder / "missing");
        }
        CHECK_FALSE(std::filesystem::exists(folder / "to"));
    });
}

TEST_CASE("a large file does not keep the others waiting", "[file]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    write_text(folder / "from", remembered_text(50'000'000));
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        bool done = false;
        std::uint64_t turns = 0, pieces = 0;
        auto counter = [&]() -> task<> {
            while (!done) {
                ++turns;
                co_await rill::yield();
            }
        };
        auto receiver = [&]() -> task<> {
            auto count = [&](std::uint64_t) { ++pieces; };
            co_await rill::recv_file(pair.server, folder / "to", file_range(0, 50'000'000), count);
            done = true;
        };
        co_await when_all(rill::send_file(pair.client, folder / "from"), receiver(), counter());
        CHECK(turns >= pieces);  // others had their turn after each piece
    });
    CHECK(std::filesystem::file_size(folder / "to") == 50'000'000);
}
