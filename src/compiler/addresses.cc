/*
 * addresses.cc - addresses of x86-64 in their shortest form.
 *
 * The base of memory 0 is in r13 (image/abi.h), which can't be the base of an address without a
 * displacement, if only one of 0: that takes a byte, and on some processors a cycle until what is
 * loaded is there. As the index of an address it needs none. Where there is no displacement, base
 * and index change places.
 */
#include "compiler/addresses.h"

#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/Target/RegisterTargetPassConfigCallback.h>

using namespace llvm;

namespace {

/* An address among the operands of an instruction: base, scale, index, displacement, segment. */
enum { BASE, SCALE, INDEX, DISPLACEMENT, SEGMENT, OPERANDS };

class ShortAddresses : public MachineFunctionPass {
public:
    static char ID;
    ShortAddresses() : MachineFunctionPass(ID) {}
    bool runOnMachineFunction(MachineFunction &function) override;
    StringRef getPassName() const override { return "short addresses"; }

private:
    void find_registers(const TargetRegisterInfo &registers);
    bool shorten(MachineInstr &instruction) const;
    bool is_long(const MachineOperand *address) const;

    MCRegister r13, rbp;
};

char ShortAddresses::ID;

void ShortAddresses::find_registers(const TargetRegisterInfo &registers) {
    for (unsigned n = 1; n < registers.getNumRegs(); n++) {
        StringRef name = registers.getName(n);
        if (name == "R13") r13 = n;
        if (name == "RBP") rbp = n;
    }
}

/* Is it r13 + index, both of them whole and alone? */
bool ShortAddresses::is_long(const MachineOperand *address) const {
    if (!address[BASE].isReg() || !address[SCALE].isImm() || !address[INDEX].isReg() ||
        !address[DISPLACEMENT].isImm() || !address[SEGMENT].isReg())
        return false;
    Register index = address[INDEX].getReg();
    return address[BASE].getReg() == r13 && address[SCALE].getImm() == 1 && index &&
           index != rbp && address[DISPLACEMENT].getImm() == 0;
}

bool ShortAddresses::shorten(MachineInstr &instruction) const {
    const unsigned count = instruction.getNumExplicitOperands();
    for (unsigned n = 0; n + OPERANDS <= count; n++) {
        MachineOperand *address = instruction.operands_begin() + n;
        if (!is_long(address)) continue;
        Register index = address[INDEX].getReg();
        bool is_last = address[INDEX].isKill();
        address[INDEX].setReg(address[BASE].getReg());
        address[INDEX].setIsKill(address[BASE].isKill());
        address[BASE].setReg(index);
        address[BASE].setIsKill(is_last);
        return true;
    }
    return false;
}

bool ShortAddresses::runOnMachineFunction(MachineFunction &function) {
    bool changed = false;
    if (!r13) find_registers(*function.getSubtarget().getRegisterInfo());
    for (MachineBasicBlock &block : function)
        for (MachineInstr &instruction : block) changed |= shorten(instruction);
    return changed;
}

} // namespace

void addresses_start() {
    static RegisterTargetPassConfigCallback callback(
        [](TargetMachine &machine, PassManagerBase &, TargetPassConfig *passes) {
            if (machine.getTargetTriple().isX86())
                passes->insertPass(&PrologEpilogCodeInserterID, new ShortAddresses());
        });
}
