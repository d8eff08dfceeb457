;; ruby-handles.wat - the handle table that @ruby/3.4-wasm-wasi imports. A handle is the object's
;; own number, so there is nothing to keep.
(module
  (func (export "resource_drop_js-abi-value") (param i32))
  (func (export "resource_new_rb-abi-value") (param i32) (result i32) (local.get 0))
  (func (export "resource_get_rb-abi-value") (param i32) (result i32) (local.get 0)))
