// SPDX-License-Identifier: MIT
// The main function of every test program.
#define CATCH_CONFIG_RUNNER  // Catch2 2 puts its own definitions where this is defined; Catch2 3 has them in a library
#include "support/catch.hpp"
#include "support/forked_child.hpp"

int main(int argc, char** argv) {
    support::program = argv[0];
#ifdef RILL_TEST_EMULATOR
    support::emulator = RILL_TEST_EMULATOR;
#endif
    return Catch::Session().run(argc, argv);
}
