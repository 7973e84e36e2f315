-- nbdev links names in the code of a signature too, where a link cannot be: show the name alone.
function CodeBlock(block)
  block.text = block.text:gsub('%[(`[^`]+`)%]%(https?://[^)]+%)', '%1')
  return block
end
