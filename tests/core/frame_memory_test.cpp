// SPDX-License-Identifier: MIT
#include <rill/core/frame_memory.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace {

using rill::give_frame_memory;
using rill::take_frame_memory;

/// Whether this build keeps blocks, and can tell.
constexpr bool keeps = RILL_RECYCLE_FRAMES != 0 && support::allocations_are_watched;

/// The sizes at which something changes, and their neighbours.
std::vector<std::size_t> sizes() {
    std::vector<std::size_t> all;
    constexpr std::size_t edges[] = {1, 8, 9, 24, 25, 40, 1368, 2048, 2056, 2057, 4096, 4097, 65536, 131072, 131073};
    for (const std::size_t each : edges)
        for (const std::size_t size : {each, each + 1}) all.push_back(size);
    return all;
}

/// So many blocks of a size, taken and given back.
void take_and_give(std::size_t count, std::size_t size) {
    std::vector<void*> blocks(count);
    for (void*& each : blocks) each = take_frame_memory(size);
    for (void* each : blocks) give_frame_memory(each, size);
}

}  // namespace

TEST_CASE("a block has all the bytes that were asked for, and no other block has them", "[frame_memory]") {
    for (const std::size_t size : sizes()) {
        INFO(size);
        std::vector<unsigned char*> blocks;
        for (int round = 0; round < 3; ++round) {
            for (unsigned char fill = 0; fill < 4; ++fill) {
                blocks.push_back(static_cast<unsigned char*>(take_frame_memory(size)));
                std::memset(blocks.back(), fill, size);
            }
            for (unsigned char fill = 0; fill < 4; ++fill) {
                CHECK(blocks[fill][0] == fill);
                CHECK(blocks[fill][size - 1] == fill);
                give_frame_memory(blocks[fill], size);
            }
            blocks.clear();
        }
    }
}

TEST_CASE("a block is aligned as those of operator new", "[frame_memory]") {
    for (const std::size_t size : sizes()) {
        void* const block = take_frame_memory(size);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
        give_frame_memory(block, size);
    }
}

TEST_CASE("what was given back is taken again, without an allocation", "[frame_memory]") {
    if (!keeps) return;
    for (const std::size_t size : sizes()) {
        if (size > 131072) continue;
        INFO(size);
        give_frame_memory(take_frame_memory(size), size);
        const std::size_t before = support::allocation_count();
        give_frame_memory(take_frame_memory(size), size);
        const std::size_t made = support::allocation_count() - before;
        CHECK(made == 0);
    }
}

TEST_CASE("a thread keeps a mebibyte a size, and lets the rest go", "[frame_memory]") {
    if (!keeps) return;
    constexpr std::size_t size = 1000;
    constexpr std::size_t most = 1024 * 1024 / size;
    take_and_give(10 * most, size);
    const std::size_t before = support::allocation_count();
    std::vector<void*> blocks(10 * most);
    for (void*& each : blocks) each = take_frame_memory(size);
    const std::size_t made = support::allocation_count() - before;
    CHECK(made >= 9 * most);
    CHECK(made <= 9 * most + most / 10 + 1);  // blocks are a little larger than asked for
    for (void* each : blocks) give_frame_memory(each, size);
}

TEST_CASE("a block may be given back on another thread, also on one that keeps none yet", "[frame_memory]") {
    for (int round = 0; round < 3; ++round) {
        std::vector<void*> blocks(100);
        std::thread([&] {
            for (void*& each : blocks) each = take_frame_memory(200);
        }).join();
        std::thread([&] {
            for (void* each : blocks) give_frame_memory(each, 200);
        }).join();
    }
    SUCCEED("LeakSanitizer, or the end of each thread, has seen that nothing is left");
}
