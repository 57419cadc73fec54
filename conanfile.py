# SPDX-License-Identifier: MIT
"""Conan 2: `conan create . -s compiler.cppstd=20` makes the package and tries it."""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout
from conan.tools.scm import Version

COMPILERS = {'gcc': '12', 'clang': '17', 'msvc': '193'}  # the oldest that compile it


class Rill(ConanFile):
    name = 'rill'
    description = 'A header-only C++20 coroutine networking library'
    license = 'MIT'
    topics = ('networking', 'coroutines', 'sockets', 'header-only')
    package_type = 'header-library'
    settings = 'os', 'arch', 'compiler', 'build_type'
    exports_sources = 'include/*', 'LICENSE'
    test_package_folder = 'cmake/packaging/conan/test_package'
    no_copy_source = True

    def set_version(self):
        project = load(self, os.path.join(self.recipe_folder, 'CMakeLists.txt'))
        self.version = re.search(r'project\(rill VERSION (\S+)', project).group(1)

    def layout(self):
        basic_layout(self)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)
        oldest = COMPILERS.get(str(self.settings.compiler))
        if oldest and Version(self.settings.compiler.version) < oldest:
            raise ConanInvalidConfiguration(f'rill needs {self.settings.compiler} {oldest} or newer')

    def package(self):
        copy(self, 'LICENSE', self.source_folder, os.path.join(self.package_folder, 'licenses'))
        copy(self, 'include/*', self.source_folder, self.package_folder)

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property('cmake_file_name', 'rill')
        self.cpp_info.set_property('cmake_target_name', 'rill::rill')
        self.cpp_info.set_property('pkg_config_name', 'rill')
        if self.settings.os == 'Windows':
            self.cpp_info.system_libs = ['ws2_32', 'mswsock', 'bcrypt', 'synchronization']
        elif self.settings.os in ('Linux', 'FreeBSD'):
            self.cpp_info.system_libs = ['pthread']
