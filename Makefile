# For those who expect one. CMakePresets.json has the real build.
PREFIX ?= /usr/local

.PHONY: all demo check bench install clean

all:
	cmake --preset release
	cmake --build --preset release

demo check:
	./$@

bench:
	./bench/run

install: all
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
