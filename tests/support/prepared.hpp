// SPDX-License-Identifier: MIT
#pragma once

// Prepares an operation whose verb is known at run time only, as `io_context::start` does for one that is known before.

#include <rill/core/io_context.hpp>

#include <cstddef>
#include <utility>

namespace support {

template <std::size_t... Verbs>
void prepare_one_of(rill::backend::operation& each, std::index_sequence<Verbs...>) noexcept {
    const auto prepare_if = [&]<rill::backend::verb Verb>() {
        if constexpr (!rill::backend::is_built_in(Verb))
            if (each.what == Verb) rill::backend::prepare<Verb>(each);
    };
    (prepare_if.template operator()<static_cast<rill::backend::verb>(Verbs)>(), ...);
}

inline void prepare(rill::backend::operation& each) noexcept {
    prepare_one_of(each, std::make_index_sequence<rill::backend::verb_count>());
}

}  // namespace support
