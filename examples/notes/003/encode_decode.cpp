// SPDX-License-Identifier: MIT
// Encoding and decoding in note 003: `encoding=` and `errors=`, and a text that comes in pieces.
// Run:  note_003_encode_decode
#include <iostream>
#include <string>
#include <system_error>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

void encode_decode() {
    using example::on_malformed;
    const std::string text = "你好";  // UTF-8

    // str.encode(encoding="utf-8"), str.encode(encoding="gbk")
    const std::string gbk = example::to_gbk(text);
    std::cout << "utf-8 " << example::python_text(text) << "\ngbk " << example::python_text(gbk) << '\n';

    // bytes.decode(encoding="gbk"), and the same where the bytes come one by one
    example::gbk_decoder whole, piecewise;
    std::cout << whole.decode(gbk) << '\n';
    for (const char byte : gbk) std::cout << piecewise.decode({&byte, 1});
    std::cout << '\n';

    // errors="replace", errors="strict"
    std::cout << example::python_text(example::to_gbk("好🙂", on_malformed::replace)) << '\n'
              << example::utf8_decoder(on_malformed::replace).decode_all(gbk) << '\n';
    try {
        example::utf8_decoder(on_malformed::refuse).decode_all(gbk);
    } catch (const std::system_error& error) {
        std::cout << error.what() << '\n';
    }
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, encode_decode); }
