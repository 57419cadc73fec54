// SPDX-License-Identifier: MIT
// Standard input to standard output, from one encoding to the other as the examples do it, in pieces: what encodings_test.py
// holds against Python. Exit status 1: it was refused.
//     encoding_filter gbk-decode|utf8-decode|gbk-encode strict|replace <bytes a piece>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "../../examples/support/gbk.hpp"
#include "../../examples/support/utf8.hpp"

template <class Decoder>
std::string decoded(Decoder decoder, std::string_view bytes, std::size_t piece) {
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
        text += decoder.decode(bytes.substr(0, piece));
    return text += decoder.finish();
}

int main(int argc, char** argv) try {
    if (argc != 4) return 2;
    const std::string_view what = argv[1];
    const auto malformed =
        argv[2] == std::string_view("strict") ? example::on_malformed::refuse : example::on_malformed::replace;
    const std::string input((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    const std::size_t piece = std::stoul(argv[3]);
    if (what == "gbk-encode") std::cout << example::to_gbk(input, malformed);
    if (what == "gbk-decode") std::cout << decoded(example::gbk_decoder(malformed), input, piece);
    if (what == "utf8-decode") std::cout << decoded(example::utf8_decoder(malformed), input, piece);
    return 0;
} catch (const std::system_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
