// SPDX-License-Identifier: MIT
#include <rill/core/error.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include "support/catch.hpp"

TEST_CASE("the library's timeout is its own code, and compares equal to std::errc::timed_out") {
    const std::error_code code = rill::errc::deadline_exceeded;
    CHECK(code == rill::errc::deadline_exceeded);
    CHECK(code == std::errc::timed_out);
    CHECK(code != std::error_code(std::make_error_code(std::errc::timed_out)));
    CHECK(std::string(code.category().name()) == "rill");
}

TEST_CASE("each code of the library has a text of its own, and equals no condition by accident") {
    const rill::errc all[] = {rill::errc::end_of_stream, rill::errc::line_too_long, rill::errc::host_not_found,
                              rill::errc::deadline_exceeded, rill::errc::service_not_found};
    for (const rill::errc each : all) {
        const std::error_code code = each;
        CHECK(code);
        CHECK_FALSE(code.message().empty());
        CHECK(code.message() != "unknown rill error");
        CHECK(code != std::errc::operation_canceled);
        for (const rill::errc other : all) CHECK((each == other) == (code == make_error_code(other)));
    }
    CHECK(std::error_code(99, rill::rill_category()).message() == "unknown rill error");
}

TEST_CASE("an error of a backend is the system's or the library's code") {
    CHECK(rill::to_error_code({ECONNRESET, rill::backend::error::domain::generic}) == std::errc::connection_reset);
    const rill::backend::error of_the_system{5, rill::backend::error::domain::system};
    CHECK(rill::to_error_code(of_the_system).category() == rill::backend::system_category());
    CHECK(rill::to_error_code(rill::to_backend_error(std::errc::bad_file_descriptor)) ==
          std::errc::bad_file_descriptor);
    CHECK(rill::to_error_code(rill::to_backend_error(rill::errc::end_of_stream)) == rill::errc::end_of_stream);
}

TEST_CASE("an error that is thrown begins with the operation") {
    std::string what;
    try {
        rill::throw_error(std::make_error_code(std::errc::io_error), rill::error_origin("recv"));
    } catch (const std::system_error& error) {
        what = error.what();
    }
    CHECK(what.find("recv") == 0);
}
