// SPDX-License-Identifier: MIT
#include <rill/core/result.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

using rill::error_report;
using rill::result;

namespace {

class only_moves {
  public:
    explicit only_moves(int given) : value(std::make_unique<int>(given)) {}
    std::unique_ptr<int> value;
};

error_report refused() {
    return error_report(std::make_error_code(std::errc::connection_refused), rill::error_origin("connect"));
}

}  // namespace

TEST_CASE("a result with a value has no error, and gives its value in every way") {
    result<std::string> good(std::string("text"));
    CHECK(good.has_value());
    CHECK(static_cast<bool>(good));
    CHECK(good.error() == std::error_code());
    CHECK(good.value() == "text");
    CHECK(*good == "text");
    CHECK(good->size() == 4);
    const result<std::string>& same = good;
    CHECK(same.value() == "text");
    CHECK(*same == "text");
    CHECK(same->size() == 4);
    CHECK(std::move(good).value() == "text");
}

TEST_CASE("a result with an error throws it from value, with the operation in its text") {
    const result<int> bad(refused());
    CHECK_FALSE(bad.has_value());
    CHECK_FALSE(static_cast<bool>(bad));
    CHECK(bad.error() == std::errc::connection_refused);
    std::string what;
    std::error_code code;
    try {
        static_cast<void>(bad.value());
    } catch (const std::system_error& error) {
        what = error.what();
        code = error.code();
    }
    CHECK(what.find("connect") == 0);
    CHECK(code == std::errc::connection_refused);
}

TEST_CASE("a result that keeps an exception throws that very exception, with its type") {
    class own_error : public std::system_error {
      public:
        using std::system_error::system_error;
    };
    const auto thrown = std::make_exception_ptr(own_error(std::make_error_code(std::errc::io_error), "mine"));
    const result<void> bad(error_report(std::make_error_code(std::errc::io_error), thrown));
    CHECK(bad.error() == std::errc::io_error);
    CHECK_THROWS_AS(bad.value(), own_error);
}

TEST_CASE("a result binds to an error and a value, which is the default one beside an error") {
    const auto [no_error, seven] = result<int>(7);
    CHECK_FALSE(no_error);
    CHECK(seven == 7);
    const auto [error, none] = result<int>(refused());
    CHECK(error == std::errc::connection_refused);
    CHECK(none == 0);
    auto [ok, pointer] = result<std::unique_ptr<int>>(std::make_unique<int>(3));
    CHECK_FALSE(ok);
    CHECK(*pointer == 3);
    const result<std::string> kept(std::string("copied"));
    const auto& [same, text] = kept;
    CHECK_FALSE(same);
    CHECK(text == "copied");
    CHECK(kept.value() == "copied");
}

TEST_CASE("a result needs no default constructor and no copy of what it holds") {
    result<only_moves> good(only_moves(4));
    CHECK(*good.value().value == 4);
    const only_moves taken = std::move(good).value();
    CHECK(*taken.value == 4);
    const result<only_moves> bad(refused());
    CHECK_FALSE(bad);
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<result<only_moves>>);
    STATIC_REQUIRE(std::is_move_constructible_v<result<only_moves>>);
}

TEST_CASE("a result of nothing tells only whether it failed") {
    const result<void> good;
    CHECK(good);
    CHECK_NOTHROW(good.value());
    const result<void> bad(refused());
    CHECK_FALSE(bad);
    CHECK(bad.error() == std::errc::connection_refused);
    CHECK_THROWS_AS(bad.value(), std::system_error);
}

TEST_CASE("a result of a reference refers to that very object") {
    int number = 3;
    const result<int&> good(number);
    CHECK(&good.value() == &number);
    good.value() = 4;
    CHECK(number == 4);
    const result<int&> bad(refused());
    CHECK_FALSE(bad);
    CHECK_THROWS_AS(bad.value(), std::system_error);
}
