// SPDX-License-Identifier: MIT
// A chat server: rooms that all threads share, a loop a core, and slow readers that nobody has to wait for.
//
//     chat_server [host] [port]        127.0.0.1 13333 unless they are given; port 0 lets the system choose
//     nc 127.0.0.1 13333               in other terminals: a name first; then what is said, /join room, /who or /quit
//     kill -TERM <its pid>             everybody is told, gets what was said so far, and the server ends
//
// Each thread has a listener of its own on the same port, and the system shares the clients out, as Linux and FreeBSD do.
// Where there are no such ports (Windows) that is an error: there one thread would accept, and send the clients on.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <rill.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

constexpr std::size_t lines_max = 64;  // that wait for a reader; one more, and it is too slow
constexpr std::size_t name_max = 32, line_max = 1000;
constexpr auto idle_limit = 30min;
constexpr auto farewell_limit = 5s;

using text = std::shared_ptr<const std::string>;  // one for all who are sent it

text made(std::string line) { return std::make_shared<const std::string>(std::move(line += '\n')); }

struct member {
    explicit member(std::string_view who) : name(who) {}

    const std::string name;
    rill::channel<text> lines{lines_max};  // what it is still to be sent
    rill::stop_source too_slow;
};

using crowd = std::map<std::string, std::shared_ptr<member>>;  // by name

class chat {
  public:
    /// False: the name is taken there, or the server ends.
    bool enter(const std::string& room, const std::shared_ptr<member>& who) {
        return house_.with([&](house& all) { return !all.closing && all.rooms[room].emplace(who->name, who).second; });
    }
    void leave(const std::string& room, const member& who) {
        house_.with([&](house& all) {
            const auto found = all.rooms.find(room);
            found->second.erase(who.name);
            if (found->second.empty()) all.rooms.erase(found);
        });
    }
    /// Never waits: who has no room for a line is dropped.
    void say(const std::string& room, std::string line) const {
        const text all_get = made(std::move(line));
        house_.read([&](const house& all) {
            const auto found = all.rooms.find(room);
            if (found == all.rooms.end() || all.closing) return;
            for (const auto& [name, each] : found->second)
                if (!each->lines.try_send(all_get)) each->too_slow.request_stop();
        });
    }
    [[nodiscard]] std::string who_is_in(const std::string& room) const {
        return house_.read([&](const house& all) {
            std::string names;
            for (const auto& [name, each] : all.rooms.at(room)) names += ' ' + name;
            return names;
        });
    }
    /// Until the server ends.
    [[nodiscard]] auto closed() const {
        return house_.wait([](const house& all) { return all.closing; });
    }
    /// Tells everybody. Their sessions end when they have been sent all that was said.
    void close() {
        const text farewell = made("* the server goes down");
        house_.with([&](house& all) {
            all.closing = true;
            for (const auto& [room, inside] : all.rooms) {
                for (const auto& [name, each] : inside) {
                    static_cast<void>(each->lines.try_send(farewell));
                    each->lines.close();
                }
            }
        });
    }

  private:
    struct house {
        std::map<std::string, crowd> rooms;  // those with somebody inside
        bool closing = false;
    };
    rill::guarded<house> house_;
};

/// A member in a room, until its end, however that comes.
class visit {
  public:
    visit(chat& to, std::shared_ptr<member> who, std::string room)
        : chat_(to), who_(std::move(who)), room_(std::move(room)) {
        say_it("has come");
    }
    ~visit() {
        try {
            chat_.leave(room_, *who_);
            say_it("has left");
        } catch (...) {
            std::fputs("no memory to tell the others who has left\n", stderr);
        }
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

    /// False: somebody has this name there.
    bool move_to(std::string_view room) {
        std::string next(room);
        if (!chat_.enter(next, who_)) return false;
        chat_.leave(room_, *who_);
        say_it("has left");
        room_ = std::move(next);
        say_it("has come");
        return true;
    }
    void say(std::string_view line) const { chat_.say(room_, who_->name + ": " + std::string(line)); }
    void say_it(std::string_view what) const { chat_.say(room_, "* " + who_->name + ' ' + std::string(what)); }
    /// To the member alone.
    void answer(std::string line) const { static_cast<void>(who_->lines.try_send(made(std::move(line)))); }
    [[nodiscard]] std::string others() const { return chat_.who_is_in(room_); }

  private:
    chat& chat_;
    const std::shared_ptr<member> who_;
    std::string room_;
};

/// Bytes of a peer that are fit for the terminals of others.
bool is_printable(std::string_view line) {
    return std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}

rill::task<> listen(rill::line_reader<rill::tcp_stream>& reader, visit& here) {
    while (const auto line = co_await rill::timeout(idle_limit, reader.read_line(line_max))) {
        if (*line == "/quit") co_return;
        if (!is_printable(*line)) {
            here.answer("* only text is passed on");
        } else if (*line == "/who") {
            here.answer("* here:" + here.others());
        } else if (line->starts_with("/join ") && line->size() <= name_max) {
            if (!here.move_to(line->substr(6))) here.answer("* somebody has your name there");
        } else {
            here.say(*line);
        }
    }
}

rill::task<> deliver(rill::tcp_stream& client, rill::channel<text>& lines) {
    while (const auto line = co_await lines.recv()) co_await client.send_all(**line);
}

rill::task<> session(rill::tcp_stream client, chat& with) {
    co_await client.send_all("* your name?\n");
    rill::line_reader reader(client);
    const auto [line, closed] =
        co_await rill::when_any(rill::timeout(idle_limit, reader.read_line(name_max)), with.closed());
    if (!line || !*line) co_return;
    const std::string_view name = **line;
    const auto me = std::make_shared<member>(name);
    if (name.empty() || !is_printable(name) || !with.enter("lobby", me)) {
        co_await client.send_all("* not with this name\n");
        co_return;
    }
    visit here(with, me, "lobby");
    const auto kept_up = co_await rill::with_stop(me->too_slow.get_token(),
                                                  rill::when_any(listen(reader, here), deliver(client, me->lines)));
    if (kept_up) co_return;
    here.say_it("reads too slowly");
    co_await rill::timeout(farewell_limit, client.send_all("\n* you read too slowly\n"));
}

rill::task<> serve_on_one_core(rill::tcp_listener listener, chat& with, rill::stop_token drain) {
    const auto handler = [&with](rill::tcp_stream client) { return session(std::move(client), with); };
    co_await rill::with_stop(std::move(drain),
                             rill::serve(std::move(listener), handler, rill::serve_options().drain(farewell_limit)));
}

rill::task<> drain_when_told(chat& all, rill::stop_source drain) {
    rill::signals told(SIGINT, SIGTERM);
    co_await told.next();
    std::cout << "draining\n" << std::flush;
    all.close();
    drain.request_stop();
}  // from here on the signals do what they do in any program: a second SIGTERM ends it at once

void run_server(const rill::endpoint& where) {
    auto first = rill::tcp_listener::bind(where, rill::option::reuse_port{true});
    const rill::endpoint bound = first.local_endpoint();
    std::cout << "listening on " << to_string(bound) << '\n' << std::flush;
    chat all;
    rill::stop_source drain;
    const unsigned cores = std::max(2U, std::thread::hardware_concurrency());
    rill::run_per_core(cores, [&](std::size_t index) -> rill::task<> {
        if (index != 0) {
            co_await serve_on_one_core(rill::tcp_listener::bind(bound, rill::option::reuse_port{true}), all,
                                       drain.get_token());
            co_return;
        }
        co_await rill::when_all(serve_on_one_core(std::move(first), all, drain.get_token()),
                                drain_when_told(all, drain));
    });
    std::cout << "done\n" << std::flush;
}

int main(int argc, char** argv) { return example::run_at_address(argc, argv, run_server); }
