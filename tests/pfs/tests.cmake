# What the scripts make volumes with. A cross-built one is run by an emulator.
add_executable(pfs_volume ${PROJECT_SOURCE_DIR}/tests/pfs/volume.c)
target_include_directories(pfs_volume PRIVATE ${NACRE_BOUNDARY_INCLUDES})
target_compile_definitions(pfs_volume PRIVATE _GNU_SOURCE)
target_link_libraries(pfs_volume PRIVATE nacre_internal)
string(REPLACE ";" " " emulator "${CMAKE_CROSSCOMPILING_EMULATOR}")
set_property(TEST pfs/golden pfs/reader APPEND PROPERTY ENVIRONMENT
    "PFS_VOLUME=${emulator} $<TARGET_FILE:pfs_volume>")
