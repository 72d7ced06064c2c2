"""Building: what is used, who does the work, and what it is booked on."""

from __future__ import annotations

from runner import pools
from runner.generators.checked import add, digits, divide, modulo, written
from runner.generators.picks import listed
from runner.generators.registry import Made, Make, generator
from runner.ops import Take

listed("construction.building_material", "A material to build with", "construction", pool="construction/material")
listed("construction.heavy_equipment", "A machine of building sites", "construction", pool="construction/equipment")
listed("construction.trade", "A trade of building", "construction", "craft", pool="construction/trade")
listed("construction.construction_role", "A role in a building project", "job", pool="construction/role")
listed(
    "construction.subcontract", "A kind of work that is given to subcontractors", "construction", pool="construction/subcontract"
)


@generator(
    "construction.cost_code", "A code that the costs of a building are booked on, made up", keywords=("budget", "construction")
)
def cost_code(make: Make) -> Made:
    """The phase of the building, a number in it, and the phase's name: 07-210 Thermal protection."""
    phases = pools.pool("construction/phase").size
    index = make.index(phases * 90)
    phase, number = modulo(index, phases), add(divide(index, phases), 10)
    return written(
        make, phases * 90, digits(add(phase, 1), 2), "-", digits(number, 2), "0 ", Take("construction/phase", "name", phase)
    )
