// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../support/command_line.hpp"

namespace demo {

static int number_from(std::string_view option, std::string_view text, int most) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= most) return number;
    throw std::invalid_argument(std::string(option) + " wants a number in 1.." + std::to_string(most) + ", not " +
                                example::quoted(text));
}

options options::parse(int argc, char** argv) {
    options made;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
        if (option == "--help") {
            made.help = true;
        } else if (option == "--serve") {
            made.serve = true;
        } else if (option == "--connections") {
            made.connections = static_cast<std::size_t>(number_from(option, value, 25'000));
            ++i;
        } else if (option == "--seconds") {
            made.duration = std::chrono::seconds(number_from(option, value, 3600));
            ++i;
        } else {
            throw std::invalid_argument("there is no option " + example::quoted(option) + ", see --help");
        }
    }
    return made;
}

}  // namespace demo
