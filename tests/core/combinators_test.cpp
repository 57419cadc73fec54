// SPDX-License-Identifier: MIT
// Every combinator, as a table: what comes of three children of which one, the subject, has a value, fails or stops the
// whole, before, after or in the same turn as its siblings, and stands first, in the middle or last among them.
#include <rill/core/as_result.hpp>
#include <rill/core/finally.hpp>
#include <rill/core/first_success.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

enum class outcome { value, error, stop };
enum class timing { before, after, same_turn };  // as its siblings; they end after two turns, with their place as value

struct subject_plan {
    outcome what;
    timing when;
    int place;
};

struct case_under_test {
    subject_plan plan;
    testimony seen{};
    rill::stop_source whole{};
    int cleanups = 0;

    explicit case_under_test(subject_plan how) : plan(how) {}
};

/// In the same turn: what ends then ends in spite of a stop, so that several can.
rill::task<> turns(const case_under_test& here, int count) {
    for (int i = 1; i < count; ++i) co_await rill::yield();
    if (here.plan.when != timing::same_turn) {
        co_await rill::yield();
    } else {
        co_await rill::shield(rill::yield());
    }
}

rill::task<int> subject(case_under_test& here) {
    const witness alive(here.seen);
    if (here.plan.when != timing::before) co_await turns(here, here.plan.when == timing::after ? 4 : 2);
    if (here.plan.what == outcome::error) throw std::system_error(std::make_error_code(std::errc::io_error));
    if (here.plan.what == outcome::stop) {
        here.whole.request_stop();
        co_await rill::yield();
    }
    co_return 7;
}

rill::task<int> sibling(case_under_test& here, int place) {
    const witness alive(here.seen);
    co_await turns(here, 2);
    co_return place;
}

rill::task<int> child_at(case_under_test& here, int place) {
    return place == here.plan.place ? subject(here) : sibling(here, place);
}
std::vector<rill::task<int>> three(case_under_test& here) {
    std::vector<rill::task<int>> all;
    for (int place = 0; place < 3; ++place) all.push_back(child_at(here, place));
    return all;
}

std::string text(int value) { return std::to_string(value); }
std::string text(const std::optional<int>& place) { return place ? text(*place) : "-"; }
template <class First, class... Rest>
std::string text(const First& first, const Rest&... rest) {
    return (text(first) + ... + (" " + text(rest)));
}

// What is seen of each combinator, as text.

rill::task<std::string> all_of_three(case_under_test& here) {
    const auto [a, b, c] = co_await rill::when_all(child_at(here, 0), child_at(here, 1), child_at(here, 2));
    co_return text(a, b, c);
}
rill::task<std::string> all_of_vector(case_under_test& here) {
    const std::vector<int> values = co_await rill::when_all(three(here));
    co_return text(values[0], values[1], values[2]);
}
rill::task<std::string> any_of_three(case_under_test& here) {
    const auto [a, b, c] = co_await rill::when_any(child_at(here, 0), child_at(here, 1), child_at(here, 2));
    co_return text(a, b, c);
}
rill::task<std::string> any_of_vector(case_under_test& here) {
    const std::vector<std::optional<int>> places = co_await rill::when_any(three(here));
    co_return text(places[0], places[1], places[2]);
}
rill::task<std::string> first_of_three(case_under_test& here) {
    co_return text(co_await rill::first_success(child_at(here, 0), child_at(here, 1), child_at(here, 2)));
}
rill::task<std::string> first_of_vector(case_under_test& here) {
    co_return text(co_await rill::first_success(three(here)));
}
rill::task<std::string> group(case_under_test& here) {
    const auto body = [&](rill::task_group& children) -> rill::task<std::string> {
        for (int place = 0; place < 3; ++place) children.spawn(child_at(here, place));
        co_await children.join();
        co_return "joined";
    };
    co_return co_await rill::with_task_group(body);
}
rill::task<std::string> timed(case_under_test& here) { co_return text(co_await rill::timeout(1h, subject(here))); }
rill::task<std::string> shielded(case_under_test& here) { co_return text(co_await rill::shield(subject(here))); }
rill::task<std::string> with_token(case_under_test& here) {
    rill::stop_source other;
    co_return text(co_await rill::with_stop(other.get_token(), subject(here)));
}
rill::task<std::string> as_a_result(case_under_test& here) {
    const rill::result<int> got = co_await rill::as_result(subject(here));
    co_return got ? text(*got) : "code";
}
rill::task<std::string> cleaned_up(case_under_test& here) {
    const auto cleanup = [&]() -> rill::task<> {
        co_await rill::yield();
        ++here.cleanups;
    };
    co_return text(co_await rill::finally(subject(here), cleanup));
}

/// What comes of it: the text of its result, "error", or "stopped".
std::string outcome_of(case_under_test& here, rill::task<std::string> (*combinator)(case_under_test&)) {
    const auto body = [&]() -> rill::task<std::string> {
        std::string seen;
        try {
            const std::optional<std::string> got = co_await rill::with_stop(here.whole.get_token(), combinator(here));
            seen = got.value_or("stopped");
        } catch (const std::system_error& error) {
            seen = error.code() == std::errc::io_error ? "error" : "?";
        }
        co_return seen;
    };
    return rill::run(body());
}

// What must come of it.

/// What has one outcome for whatever its siblings do.
std::string plain(const subject_plan& plan, const char* value) {
    return plan.what == outcome::value ? value : plan.what == outcome::error ? "error" : "stopped";
}
std::string places(const subject_plan& plan, const char* of_subject, bool siblings) {
    std::string all;
    for (int place = 0; place < 3; ++place) {
        if (place > 0) all += ' ';
        all += place == plan.place ? of_subject : siblings ? std::to_string(place) : "-";
    }
    return all;
}
/// The first of the siblings.
int first_sibling(const subject_plan& plan) { return plan.place == 0 ? 1 : 0; }

std::string of_all(const subject_plan& plan) {
    if (plan.what != outcome::value) return plain(plan, "");
    return places(plan, "7", true);
}
std::string of_any(const subject_plan& plan) {
    switch (plan.when) {
        case timing::before:
            return plain(plan, places(plan, "7", false).c_str());
        case timing::after: {  // one of the siblings ends the others, whatever the subject would have done
            const int winner = first_sibling(plan);
            std::string all;
            for (int place = 0; place < 3; ++place) {
                if (place > 0) all += ' ';
                all += place == winner ? std::to_string(place) : "-";
            }
            return all;
        }
        case timing::same_turn:
            if (plan.what == outcome::error && plan.place == 0) return "error";  // it came first
            return places(plan, plan.what == outcome::value ? "7" : "-", true);  // and values win over late errors
    }
    return "?";
}
std::string of_first(const subject_plan& plan) {
    const std::string sibling_wins = std::to_string(first_sibling(plan));
    if (plan.when == timing::after) return sibling_wins;
    if (plan.what == outcome::error) return sibling_wins;
    if (plan.when == timing::before) return plan.what == outcome::value ? "7" : "stopped";
    return plan.what == outcome::value && plan.place == 0 ? "7" : sibling_wins;
}
std::string of_group(const subject_plan& plan) { return plain(plan, "joined"); }
std::string of_one(const subject_plan& plan) { return plain(plan, "7"); }
std::string of_shield(const subject_plan& plan) { return plan.what == outcome::error ? "error" : "7"; }
std::string of_result(const subject_plan& plan) { return plan.what == outcome::error ? "code" : plain(plan, "7"); }

struct row {
    const char* name;
    rill::task<std::string> (*run)(case_under_test&);
    std::string (*expected)(const subject_plan&);
    bool starts_in_order;  // and starts none behind one that has ended the whole
};

constexpr row table[] = {
    {"when_all", all_of_three, of_all, true},
    {"when_all of a vector", all_of_vector, of_all, true},
    {"when_any", any_of_three, of_any, true},
    {"when_any of a vector", any_of_vector, of_any, true},
    {"first_success", first_of_three, of_first, true},
    {"first_success of a vector", first_of_vector, of_first, true},
    {"with_task_group", group, of_group, true},
    {"timeout", timed, of_one, false},
    {"shield", shielded, of_shield, false},
    {"with_stop", with_token, of_one, false},
    {"as_result", as_a_result, of_result, false},
    {"finally", cleaned_up, of_one, false},
};

const char* name_of(outcome what) {
    return what == outcome::value ? "value" : what == outcome::error ? "error" : "stop";
}
const char* name_of(timing when) {
    return when == timing::before ? "before" : when == timing::after ? "after" : "in the same turn as";
}

/// How many children have started, where the subject has ended the whole before all had.
std::optional<int> expected_starts(const row& combinator, const subject_plan& plan) {
    if (!combinator.starts_in_order || plan.when != timing::before) return std::nullopt;
    const bool ends_others =
        combinator.expected(plan) == "error" || combinator.expected(plan) == "stopped" ||
        (plan.what == outcome::value && combinator.expected != of_all && combinator.expected != of_group);
    return ends_others ? plan.place + 1 : 3;
}

}  // namespace

TEST_CASE("each combinator does as the table says, whatever its children do, whenever, and wherever they stand") {
    for (const row& combinator : table) {
        for (const outcome what : {outcome::value, outcome::error, outcome::stop}) {
            for (const timing when : {timing::before, timing::after, timing::same_turn}) {
                for (const int place : {0, 1, 2}) {
                    case_under_test here(subject_plan{what, when, place});
                    INFO(combinator.name << ": the subject has " << name_of(what) << ' ' << name_of(when)
                                         << " its siblings, at place " << place);
                    CHECK(outcome_of(here, combinator.run) == combinator.expected(here.plan));
                    CHECK(here.seen.alive == 0);
                    if (const std::optional<int> starts = expected_starts(combinator, here.plan))
                        CHECK(here.seen.made == *starts);
                    if (combinator.run == cleaned_up) CHECK(here.cleanups == 1);
                }
            }
        }
    }
}

TEST_CASE("each combinator may be stored and moved before it is awaited, and owns what it was given until then") {
    testimony seen;
    rill::stop_source never;
    const auto owns = [](witness, int value) -> rill::task<int> { co_return value; };
    const auto made = [&] { return owns(witness(seen), 3); };
    const auto cleanup = []() -> rill::task<> { co_return; };
    const auto await_later = [&](auto stored) -> rill::task<> {
        CHECK(seen.alive > 0);
        auto moved = std::move(stored);
        co_await rill::yield();
        static_cast<void>(co_await std::move(moved));
    };
    const auto many = [&] {
        std::vector<rill::task<int>> all;
        all.push_back(made());
        all.push_back(made());
        return all;
    };
    rill::run(await_later(rill::when_all(made(), made())));
    rill::run(await_later(rill::when_all(many())));
    rill::run(await_later(rill::when_any(made(), made())));
    rill::run(await_later(rill::when_any(many())));
    rill::run(await_later(rill::first_success(made(), made())));
    rill::run(await_later(rill::first_success(many())));
    rill::run(await_later(rill::timeout(1h, made())));
    rill::run(await_later(rill::deadline(rill::now() + 1h, made())));
    rill::run(await_later(rill::shield(made())));
    rill::run(await_later(rill::with_stop(never.get_token(), made())));
    rill::run(await_later(rill::as_result(made())));
    rill::run(await_later(rill::finally(made(), cleanup)));
    CHECK(seen.alive == 0);
    static_cast<void>(rill::when_any(made(), rill::timeout(1h, rill::finally(made(), cleanup))));  // and never awaited
    CHECK(seen.alive == 0);
}

TEST_CASE("several children are started in the order in which they were given") {
    std::string log;
    const auto starts = [&](char letter) -> rill::task<int> {
        log += letter;
        co_await rill::yield();
        co_return 0;
    };
    const auto body = [&]() -> rill::task<> {
        static_cast<void>(co_await rill::when_any(starts('a'), starts('b'), starts('c')));
        static_cast<void>(co_await rill::first_success(starts('d'), starts('e'), starts('f')));
        co_await rill::when_all(starts('g'), starts('h'), starts('i'));
    };
    rill::run(body());
    CHECK(log == "abcdefghi");
}

TEST_CASE("under a stop no combinator starts its children") {
    int started = 0;
    const auto child = [&]() -> rill::task<int> {
        ++started;
        co_return 0;
    };
    const auto children = [&] {
        std::vector<rill::task<int>> all;
        all.push_back(child());
        return all;
    };
    const auto stop_and_await = [](rill::stop_source& source, auto whole) -> rill::task<> {
        source.request_stop();
        static_cast<void>(co_await std::move(whole));
    };
    const auto check = [&](auto whole) {
        rill::stop_source source;
        CHECK_FALSE(rill::run(rill::with_stop(source.get_token(), stop_and_await(source, std::move(whole)))));
    };
    check(rill::when_any(child(), child()));
    check(rill::when_any(children()));
    check(rill::first_success(child(), child()));
    check(rill::first_success(children()));
    check(rill::when_all(child(), child()));
    check(rill::when_all(children()));
    check(rill::timeout(1h, child()));
    check(rill::deadline(rill::now() + 1h, child()));
    check(rill::with_stop(rill::stop_token(), child()));
    check(rill::finally(child(), [] { return rill::yield(); }));
    CHECK(started == 0);
}

TEST_CASE("when the scope around it is stopped in the same moment, no combinator tells its own end instead") {
    const auto inner_ends = [](rill::stop_source& whole, auto make) -> rill::task<> {
        rill::stop_source inner;
        const auto waits = [&]() -> rill::task<> {
            co_await rill::yield();
            inner.request_stop();  // first the inner one, and then all, before anything is unwound
            whole.request_stop();
            co_await rill::yield();
        };
        static_cast<void>(co_await make(inner, waits()));
        CHECK(false);  // neither an empty optional nor an error: the outer stop wins
    };
    const auto check = [&](auto make) {
        rill::stop_source whole;
        CHECK_FALSE(rill::run(rill::with_stop(whole.get_token(), inner_ends(whole, make))));
    };
    check([](rill::stop_source& inner, rill::task<> work) {
        return rill::with_stop(inner.get_token(), std::move(work));
    });
    check([](rill::stop_source& inner, rill::task<> work) {
        return rill::timeout(1h, rill::with_stop(inner.get_token(), std::move(work)));
    });
    check([](rill::stop_source& inner, rill::task<> work) {
        return rill::when_any(rill::sleep_for(1h), rill::with_stop(inner.get_token(), std::move(work)));
    });
}
