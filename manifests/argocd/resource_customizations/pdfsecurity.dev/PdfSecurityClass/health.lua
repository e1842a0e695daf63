if obj.metadata.deletionTimestamp ~= nil then
  return {status = "Progressing", message = "Pending deletion"}
end

local status = obj.status
if status == nil or status.conditions == nil then
  return {status = "Progressing", message = "the operator has not seen the class yet"}
end

-- What is said of an older generation says nothing of this one.
if status.observedGeneration ~= obj.metadata.generation then
  return {
    status = "Progressing",
    message = "the operator has not seen this generation of the class yet"
  }
end

for _, condition in ipairs(status.conditions) do
  if condition.type == "Accepted" then
    local health = "Degraded"
    if condition.status == "True" then
      health = "Healthy"
    end
    return {status = health, message = condition.reason .. ": " .. condition.message}
  end
end

return {status = "Progressing", message = "the operator has not said yet whether the class is fit"}
