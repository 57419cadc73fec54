// SPDX-License-Identifier: MIT
// Encoding in note 001: a text as bytes, and the bytes as a text again.
// Run:  note_001_text_encoding
#include <iostream>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

void text_encoding() {
    const std::u8string a_str = u8"我是Python";
    const std::string b_str(a_str.begin(), a_str.end());
    std::cout << "数据类型：<class 'bytes'>, 数值为：" << example::python_text(b_str) << '\n';

    example::utf8_decoder decoder(example::on_malformed::refuse);
    const std::string c_str = decoder.decode_all(b_str);
    std::cout << "数据类型：<class 'str'>, 数值为：" << c_str << '\n';
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, text_encoding); }
