// SPDX-License-Identifier: MIT
// The texts of the notes are UTF-8: a Windows console is told so before main.
#include <rill/backend/windows_headers.hpp>

namespace {
[[maybe_unused]] const bool told = ::SetConsoleOutputCP(CP_UTF8) != 0 && ::SetConsoleCP(CP_UTF8) != 0;
}  // namespace
