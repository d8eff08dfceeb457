# `cmake --install`: a prefix with the command and its compiler, both libraries, headers, a
# pkg-config file, the manual page and completion for bash.

if(TARGET nacre)
    install(TARGETS nacre RUNTIME)
    install(TARGETS nacre-helper RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/nacre)
    # The command writes its own manual, from the same tables as its help.
    foreach(document man completion)
        add_custom_command(
            OUTPUT ${PROJECT_BINARY_DIR}/nacre.${document}
            COMMAND nacre help --${document} > nacre.${document}
            DEPENDS nacre # written again when the command changes
            WORKING_DIRECTORY ${PROJECT_BINARY_DIR} VERBATIM)
    endforeach()
    add_custom_target(manual ALL
        DEPENDS ${PROJECT_BINARY_DIR}/nacre.man ${PROJECT_BINARY_DIR}/nacre.completion)
    install(FILES ${PROJECT_BINARY_DIR}/nacre.man RENAME nacre.1
            DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${PROJECT_BINARY_DIR}/nacre.completion RENAME nacre
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
install(TARGETS nacre-core RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/nacre)
if(TARGET nacre_enclave_signed) # and the one to be signed by who ships it
    install(PROGRAMS ${PROJECT_BINARY_DIR}/nacre-enclave
            DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/nacre)
    install(FILES $<TARGET_FILE:nacre_enclave> DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/nacre)
endif()
if(TARGET nacre-compiler) # where src/client looks for it, from the folder of the command
    install(TARGETS nacre-compiler RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/nacre)
endif()
install(TARGETS nacre_static nacre_shared ARCHIVE LIBRARY)
install(DIRECTORY include/nacre DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES include/wasm.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# From the folder of nacre.pc back up to the prefix: lib/pkgconfig is two folders deep, Debian's
# lib/x86_64-linux-gnu/pkgconfig three.
string(REGEX REPLACE "[^/]+" ".." NACRE_PC_UP ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_file(cmake/nacre.pc.in nacre.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nacre.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
