// SPDX-License-Identifier: MIT
#include <rill/net/interface_number.hpp>

#include <string>
#include <string_view>
#include <system_error>

#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace {

std::string message_of(std::string_view name) {
    try {
        static_cast<void>(rill::interface_number(name));
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

#ifdef __linux__
TEST_CASE("the interface of loopback has the number 1", "[multicast]") {
    CHECK(rill::interface_number("lo") == 1);
    CHECK(rill::interface_number(std::string("lo")) == 1);
    CHECK(rill::interface_number(std::string_view("lost").substr(0, 2)) == 1);
}
#endif

TEST_CASE("an interface that is not there is no_such_device, and the message names it", "[multicast]") {
    CHECK(support::error_of([] { static_cast<void>(rill::interface_number("none")); }) == std::errc::no_such_device);
    CHECK(message_of("none").starts_with("interface_number \"none\": "));
}

TEST_CASE("a name that no interface can have is no_such_device, and not cut", "[multicast]") {
    for (const std::string& name :
         {std::string(), std::string("lo\0", 3), std::string(1000, 'x'), std::string(255, 'x')})
        CHECK(support::error_of([&] { static_cast<void>(rill::interface_number(name)); }) == std::errc::no_such_device);
}
